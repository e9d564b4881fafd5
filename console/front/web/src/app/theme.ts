import type { ThemeConfig } from 'antd'

/** Colours of enough contrast for WCAG AA: antd's own blue and greys are not. */
export const theme: ThemeConfig = {
  token: {
    // By antd's own switch: its popups find their place by the motion's end, so no style sheet may cut that short.
    motion: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    colorPrimary: '#0958D9', colorInfo: '#0958D9', colorLink: '#0958D9', colorPrimaryHover: '#0A4CB8', colorLinkHover: '#0A4CB8', colorError: '#C41D1D', colorErrorText: '#B01515',
    colorTextDescription: 'rgba(0, 0, 0, 0.65)', colorTextSecondary: 'rgba(0, 0, 0, 0.65)', colorTextTertiary: 'rgba(0, 0, 0, 0.62)',
    colorTextPlaceholder: 'rgba(0, 0, 0, 0.58)', colorTextDisabled: 'rgba(0, 0, 0, 0.5)',
    colorBgLayout: '#F5F6F8', fontSize: 14, borderRadius: 4,
    fontFamily: 'system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif',
  },
  components: {
    Table: { cellPaddingBlockSM: 4, cellPaddingInlineSM: 8, headerColor: 'rgba(0, 0, 0, 0.75)' },
    Button: { primaryShadow: 'none', defaultShadow: 'none' },
  },
}
