import { expect, test } from 'vitest'
import { signedForS3 } from './s3-signature'

/** The example requests of "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)" in the S3 API reference. */
const KEYS = { keyId: 'AKIAIOSFODNN7EXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY', session: null }
const AT = new Date('2013-05-24T00:00:00Z')
const HOST = 'https://examplebucket.s3.amazonaws.com'

test.each([
  {
    example: 'GET Object',
    request: { method: 'GET', url: `${HOST}/test.txt`, headers: { range: 'bytes=0-9' }, body: '' },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    example: 'PUT Object',
    request: {
      method: 'PUT',
      url: `${HOST}/test%24file.text`,
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      body: 'Welcome to Amazon S3.',
    },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    example: 'GET Bucket Lifecycle',
    request: { method: 'GET', url: `${HOST}/?lifecycle`, headers: {}, body: '' },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    example: 'GET Bucket (List Objects)',
    request: { method: 'GET', url: `${HOST}/?prefix=J&max-keys=2`, headers: {}, body: '' },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
] as const)('the published example $example is signed as published', ({ request, signature }) => {
  const { authorization } = signedForS3(request, KEYS, 'us-east-1', AT)
  expect(authorization).toContain('Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request')
  expect(authorization?.endsWith(`Signature=${signature}`)).toBe(true)
})

test('a session’s token goes along and is signed', () => {
  const request = { method: 'GET', url: `${HOST}/`, headers: {}, body: '' } as const
  const headers = signedForS3(request, { ...KEYS, session: 'token' }, 'us-east-1', AT)
  expect(headers['x-amz-security-token']).toBe('token')
  expect(headers.authorization).toContain('SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,')
})
