/** Colours after Okabe and Ito, which people who don't see red and green tell apart. */
export const STYLE = `
:root{color-scheme:light dark;--bg:#fbfaf8;--card:#fff;--text:#1d1f23;--dim:#63676f;--line:#e3e1dc;--good:#00735c;--bad:#b83b00;
--c0:#d55e00;--c1:#0072b2;--c2:#009e73;--c3:#8f6d00;--c4:#a1457d;--c5:#3187b5;--c6:#5c5f66;--c7:#7a4fb5}
@media (prefers-color-scheme:dark){:root{--bg:#14161a;--card:#1c1f24;--text:#e9e8e4;--dim:#9ba0a8;--line:#30343b;--good:#4cc9a4;--bad:#ff8a4f;
--c0:#ff8a3d;--c1:#56b4e9;--c2:#3fc79d;--c3:#f0d04a;--c4:#e08fbf;--c5:#8fd0f0;--c6:#b0b4bb;--c7:#b995f0}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:16px/1.55 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:40px 20px 80px}
h1{font-size:1.75rem;line-height:1.2;margin:.2em 0 .5em;text-wrap:balance}
h2{font-size:1.1rem;margin:2.2em 0 .6em}
p{max-width:70ch}
.kicker{color:var(--dim);font-size:.875rem;margin:0}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:24px 0}
.figures div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.figures strong{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.figures span{color:var(--dim);font-size:.875rem}
svg{display:block;width:100%;height:auto;background:var(--card);border:1px solid var(--line);border-radius:10px;font:12px system-ui,sans-serif}
.grid{stroke:var(--line);fill:none}
.tick{fill:var(--dim)}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.line.ours{stroke-width:3.2}
.label.ours{font-weight:700}
.label .n{fill:var(--dim);font-weight:400}
${Array.from({ length: 8 }, (_, i) => `.line.c${i}{stroke:var(--c${i})}.label.c${i}{fill:var(--c${i})}i.c${i}{background:var(--c${i})}`).join('\n')}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:7px 10px;border-bottom:1px solid var(--line);text-align:right}
th:first-child{text-align:left;font-weight:400}
thead th{color:var(--dim);font-weight:400;font-size:.875rem}
tr.ours th,tr.ours td{font-weight:700}
th i{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:8px}
ol,ul{list-style:none;padding:0;margin:0}
.verdicts li{display:grid;grid-template-columns:7em 5em 1fr;gap:10px;padding:7px 0;border-bottom:1px solid var(--line);font-size:.9rem}
.verdicts time{color:var(--dim);text-align:right;font-variant-numeric:tabular-nums}
.verdicts b{font-weight:600}.advance{color:var(--good)}.halt{color:var(--bad)}
.checks li{padding:4px 0}.checks span{color:var(--dim);font-size:.9rem}.ok b{color:var(--good)}.bad b{color:var(--bad)}
.note{color:var(--dim);font-size:.875rem}
@media (max-width:560px){.verdicts li{grid-template-columns:auto 1fr}.verdicts li span{grid-column:1/-1}}
`
