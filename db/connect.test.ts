import { once } from 'node:events'
import { createServer, connect as dial, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clientOptions, connect, isOutageState, isSqlState, isTimeout, type Sql } from './connect'
import { freePort } from './free-port'
import { listenTo } from './listener'
import { dialer } from './socket'
import { freshDatabase } from './testing'
import type { FreshDatabase } from './testing-server'

let database: FreshDatabase
let superuser: Sql
beforeAll(async () => {
  database = await freshDatabase()
  superuser = connect(database.urlFor('superuser'), { purpose: 'migrate', application: 'test' })
})
afterAll(async () => {
  await superuser.end()
  await database.drop()
})

/** A network between us and the server that can go silent both ways without closing anything, and be cut. */
async function network() {
  const there = new URL(database.urlFor('gateway'))
  const port = Number(there.port)
  const pairs: Socket[] = []
  let silent = false
  const server = createServer((near) => {
    const far = dial(port, there.hostname)
    const relay = (from: Socket, to: Socket) =>
      from
        .on('data', (chunk: Buffer) => silent || to.write(chunk))
        .on('error', () => to.destroy())
        .on('close', () => to.destroy())
    relay(near, far)
    relay(far, near)
    pairs.push(near, far)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  there.port = String(address !== null && typeof address === 'object' ? address.port : 0)
  const cut = () => {
    for (const socket of pairs.splice(0)) socket.destroy()
  }
  return {
    url: there.href,
    cut,
    silence: (on: boolean) => {
      silent = on
    },
    close: async () => {
      cut()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

test.each(['http://localhost/db', 'localhost:5432', '', 'postgres//x'])('%j is no database URL', (url) => {
  expect(() => connect(url, { purpose: 'pool', application: 'test' })).toThrow(expect.objectContaining({ fault: 'invalid' }))
})

test('a server that falls silent costs a query three seconds and no more, and is used again when it speaks', async () => {
  const net = await network()
  const sql = connect(net.url, { purpose: 'pool', application: 'test', max: 1 })
  await sql`select 1`
  net.silence(true)
  const asked = Date.now()
  await expect(sql`select 1`).rejects.toThrow()
  expect(Date.now() - asked).toBeLessThan(4_000)
  net.silence(false)
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  await sql.end({ timeout: 0 })
  await net.close()
})

test('a connection that closes with a query still in its buffer rejects it and works again', async () => {
  const sockets: Socket[] = []
  const options = clientOptions({ purpose: 'pool', application: 'test', max: 1 })
  const make = dialer(3_000)
  const keeping = {
    ...options,
    socket: (target: Parameters<typeof make>[0]) => {
      const socket = make(target)
      sockets.push(socket)
      return socket
    },
  }
  const sql = postgres(database.urlFor('gateway'), keeping)
  await sql`select 1`
  // What an immediate buffers is flushed by the next one, and a socket's end comes in between.
  await new Promise(setImmediate)
  const buffered = sql`select 2`.execute()
  await Promise.resolve()
  for (const socket of sockets) socket.destroy()
  await expect(buffered).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  expect(await sql`select 3 as three`).toEqual([{ three: 3 }])
  await sql.end({ timeout: 0 })
})

test('a client that is ended while it waits to dial again dials no more', async () => {
  const port = await freePort()
  const sql = connect(`postgres://u:p@127.0.0.1:${port}/d`, { purpose: 'listener', application: 'test' })
  const ask = () => sql`select 1`.catch(() => 'refused')
  expect(await ask()).toBe('refused')
  // Half a second after the loss it would dial for this one.
  const asked = ask()
  await sql.end({ timeout: 0 })
  expect(await asked).toBe('refused')
  let came = 0
  const server = createServer((socket) => {
    came += 1
    socket.destroy()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  await sleep(1_000)
  server.close()
  expect(came).toBe(0)
})

test('a connection that the server ends is replaced within two seconds', async () => {
  const sql = connect(database.urlFor('gateway'), { purpose: 'pool', application: 'test', max: 1 })
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
  await superuser`select pg_terminate_backend(${row?.pid ?? 0})`
  await sleep(50)
  const asked = Date.now()
  expect(await sql`select 1 as one`).toEqual([{ one: 1 }])
  expect(Date.now() - asked).toBeLessThan(2_000)
  await sql.end({ timeout: 0 })
})

test('a statement that takes too long, and a lock that is not given, end on the server', async () => {
  const sql = connect(database.urlFor('owner'), { purpose: 'pool', application: 'test', max: 2 })
  await expect(sql`select pg_sleep(60)`).rejects.toMatchObject({ code: '57014' })
  await superuser.begin(async (tx) => {
    await tx`lock table countersign.gateways`
    await expect(sql`select count(*) from countersign.gateways`).rejects.toMatchObject({ code: '55P03' })
  })
  await sql.end()
})

test('a listener hears what is notified, says so when it may have missed something, and survives a lost server', async () => {
  const net = await network()
  const heard: number[] = []
  const listener = listenTo(net.url, { application: 'test', channel: 'test_channel', heard: () => heard.push(Date.now()) })
  const hears = async (times: number) => {
    const deadline = Date.now() + 5_000
    while (heard.length < times && Date.now() < deadline) await sleep(10)
    expect(heard.length).toBe(times)
  }
  await hears(1)
  await superuser`select pg_notify('test_channel', '1'), pg_notify('another', '1')`
  await hears(2)
  net.cut()
  await hears(3)
  await superuser`select pg_notify('test_channel', '2')`
  await hears(4)
  await listener.close()
  await net.close()
})

test('a listener that finds nobody there dials until somebody is', async () => {
  const net = await network()
  let heard = 0
  net.silence(true)
  const listener = listenTo(net.url, { application: 'test', channel: 'test_channel', heard: () => heard++ })
  await sleep(3_500)
  expect(heard).toBe(0)
  net.silence(false)
  net.cut()
  const deadline = Date.now() + 8_000
  while (heard === 0 && Date.now() < deadline) await sleep(20)
  expect(heard).toBe(1)
  await listener.close()
  await net.close()
})

test('a listener that is refused at first connects once and stays, instead of dialling on every second', async () => {
  const role = `mute_${database.name}`
  await superuser.unsafe(`create role ${role} login password 'mute' connection limit 0`)
  const url = new URL(database.urlFor('gateway'))
  url.username = role
  url.password = 'mute'
  let heard = 0
  const listener = listenTo(url.href, { application: 'test', channel: 'test_channel', heard: () => heard++ })
  await sleep(500)
  await superuser.unsafe(`alter role ${role} connection limit 5`)
  await sleep(4_000)
  expect(heard).toBe(1)
  await listener.close()
  await superuser.unsafe(`drop role ${role}`)
})

test('what a server refused is known by its form, whichever copy of the client it comes from', () => {
  const refused = (code: string) => Object.assign(new Error('no'), { severity: 'ERROR', code })
  expect([isTimeout(refused('55P03')), isTimeout(refused('57014')), isTimeout(refused('23505'))]).toEqual([true, true, false])
  expect([isOutageState(refused('57P01')), isOutageState(refused('23505'))]).toEqual([true, false])
  const broken = (code: string) => Object.assign(new Error('no'), { code })
  expect([isOutageState(broken('ECONNREFUSED')), isTimeout(broken('55P03')), isSqlState(null, '55P03')]).toEqual([true, false, false])
})
