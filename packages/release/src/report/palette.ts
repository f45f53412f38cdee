/** The colours of a page. Text has a contrast of at least 4.5:1 with what is behind it, drawings at least 3:1. */
export interface Palette {
  readonly page: string;
  readonly panel: string;
  readonly text: string;
  readonly quiet: string;
  readonly rule: string;
  readonly grid: string;
  readonly good: string;
  readonly bad: string;
  readonly goodArea: string;
  readonly badArea: string;
  readonly wait: string;
}

export const LIGHT: Palette = {
  page: "#ffffff",
  panel: "#f5f7f9",
  text: "#1b1f24",
  quiet: "#545d68",
  rule: "#7d8590",
  grid: "#dfe3e8",
  good: "#0a4f9e",
  bad: "#a33a0a",
  goodArea: "#cfe1f5",
  badArea: "#f6d5c3",
  wait: "#5b4a00",
};

export const DARK: Palette = {
  page: "#11151a",
  panel: "#1a2027",
  text: "#e9edf1",
  quiet: "#a4aeb9",
  rule: "#7f8994",
  grid: "#2c343d",
  good: "#7db8ff",
  bad: "#ff9f73",
  goodArea: "#1c3b5e",
  badArea: "#5a2d17",
  wait: "#e3c65b",
};
