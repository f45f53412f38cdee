import { DARK, LIGHT, type Palette } from "./palette.ts";

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(";");
}

/** How the page looks: on a screen by day and by night, and on paper. Lines and marks differ in form, not only colour. */
export const STYLE: string = `
:root{color-scheme:light dark;${variables(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}
@media print{:root{color-scheme:light;${variables(LIGHT)}}details>summary{display:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:16px/1.5 system-ui,sans-serif}
header,nav,main,footer{max-width:880px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
footer{padding-top:16px;padding-bottom:40px;color:var(--quiet);font-size:14px}
a{color:var(--good)}
a.skip{position:absolute;left:-999px}
a.skip:focus{left:20px;top:4px;background:var(--page);padding:4px 8px}
:focus-visible{outline:2px solid var(--good);outline-offset:2px}
h1{font-size:28px;line-height:1.2;margin:0 0 4px;overflow-wrap:anywhere}
h2{font-size:21px;margin:40px 0 12px;padding-bottom:4px;border-bottom:1px solid var(--rule)}
h3{font-size:16px;margin:0 0 8px}
p{margin:8px 0;overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:4px 20px;list-style:none;padding:0;margin:12px 0 0}
code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}
.verdict{padding:12px 16px;border:2px solid var(--rule);border-left-width:8px;background:var(--panel)}
.verdict strong{font-size:20px;margin-right:10px;white-space:nowrap}
.promote{border-color:var(--good)}.promote strong{color:var(--good)}
.rollback{border-color:var(--bad);border-style:double;border-width:5px;border-left-width:8px}.rollback strong{color:var(--bad)}
.hold{border-color:var(--wait);border-style:dashed}.hold strong{color:var(--wait)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:10px 24px;margin:16px 0}
dl div{min-width:0}
dt{color:var(--quiet);font-size:13px}
dd{margin:0;overflow-wrap:anywhere}
figure{margin:24px 0;padding:16px;background:var(--panel);border:1px solid var(--grid)}
figcaption{font-size:14px;margin-top:8px}
summary{cursor:pointer;color:var(--good);font-size:14px;margin-top:6px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:14px;margin:12px 0;min-width:100%}
caption{text-align:left;color:var(--quiet);padding-bottom:4px}
th,td{text-align:left;padding:5px 14px 5px 0;border-bottom:1px solid var(--grid);vertical-align:top;font-weight:400;overflow-wrap:anywhere;max-width:26em}
thead th{color:var(--quiet);border-bottom-color:var(--rule);white-space:nowrap}
time,.state{white-space:nowrap}
svg{display:block}
figure svg{width:100%;min-width:600px;height:auto}
svg text{fill:var(--text);font:13px system-ui,sans-serif}
svg text.tick{fill:var(--quiet);font-size:12px}
.grid{stroke:var(--grid)}
.axis{stroke:var(--rule);fill:none}
.zero{stroke:var(--rule);stroke-width:1.5}
.limit{stroke:var(--text);stroke-width:1.5;stroke-dasharray:2 4}
.band{fill:var(--goodArea);stroke:var(--good);stroke-opacity:.5}
.margin{fill:var(--rule);fill-opacity:.14}
.mean{fill:none;stroke:var(--good);stroke-width:2.5}
.mean-end{fill:var(--good)}
.harm{fill:none;stroke:var(--bad);stroke-width:2.5;stroke-dasharray:8 4}
.harm-end{fill:var(--bad)}
.better{stroke:var(--good);stroke-width:7;stroke-linecap:round}
.worse{stroke:var(--bad);stroke-width:7;stroke-linecap:square}
.same{stroke:var(--rule);stroke-width:4;stroke-linecap:round}
.better-area{fill:var(--goodArea)}.worse-area{fill:var(--badArea)}
.before{fill:var(--panel);stroke:var(--text);stroke-width:2}
.after{fill:var(--bad)}
.lost{stroke:var(--bad);stroke-width:2}
.step{fill:var(--goodArea);stroke:var(--good);stroke-width:1.5}
.step.current{stroke-width:4}
.step.undone{fill:var(--badArea);stroke:var(--bad);stroke-width:2.5}
.step.ahead{fill:none;stroke:var(--rule);stroke-dasharray:4 4}
.cross{stroke:var(--bad);stroke-width:4;fill:none}
.bar{margin-top:5px}.rail{fill:none;stroke:var(--rule)}.fill{fill:var(--rule)}.breach{fill:var(--bad)}
`;
