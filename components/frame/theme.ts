export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** Kept in a cookie, so that the server draws the first picture in the right colours and no script has to. */
export const THEME_COOKIE = 'countersign-theme'

export const themeFrom = (text: string | undefined): Theme => THEMES.find((theme) => theme === text) ?? 'system'
