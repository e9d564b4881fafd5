/** Words of the pages of this area, Chinese. Placeholders are {{name}}. */
export const zh = {
  group: '策略',
}
