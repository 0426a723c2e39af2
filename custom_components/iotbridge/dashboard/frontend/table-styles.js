// Look of both tables. Each reacts to its own width: below 720 px the rows have two lines.
import { sheet } from "./styles.js";

export const tables = sheet(`
[hidden] { display: none !important }
.tools { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 12px } .tools .sp { flex: 1 }
.field { display: flex; align-items: center; gap: 8px; height: 44px; padding: 0 12px; border-radius: 10px; flex: 1; max-width: 280px; min-width: 0;
  background: color-mix(in srgb, var(--ink) 6%, transparent) }
.field ha-icon { --mdc-icon-size: 20px; color: var(--secondary-text-color) }

.field input { border: 0; background: none; width: 100%; height: 44px; outline: none !important }
.field:focus-within { outline: 2px solid var(--primary-text-color); outline-offset: -2px }
.field input::placeholder { color: var(--secondary-text-color); opacity: 1 }
.pick { min-height: 44px; padding: 0 12px; border-radius: 22px; font-weight: 500; font-size: 13px; color: var(--secondary-text-color); white-space: nowrap }
.pick[aria-pressed=true], .pick.chosen { background: color-mix(in srgb, var(--primary-color) 20%, transparent); color: var(--primary-text-color) }
table { width: 100%; border-collapse: collapse; table-layout: fixed } table:focus { outline: none }
th { font-size: 12px; font-weight: 500; text-align: start; height: 44px; padding: 0 8px; border: solid var(--divider-color); border-width: 1px 0 }
th button { height: 44px; font-weight: 500; display: inline-flex; align-items: center; gap: 4px; width: 100% }
th button ha-icon { --mdc-icon-size: 14px } th.end button { justify-content: end }
td { height: 56px; padding: 0 8px; border-bottom: 1px solid var(--divider-color); line-height: 18px } .end { text-align: end }
td:first-child, th:first-child { padding-inline-start: 12px } td.menu { padding: 0 4px } tr.hidden-row { opacity: .55 }
@media (hover: hover) { tbody tr:not(.group):hover td { background: color-mix(in srgb, var(--ink) 4%, transparent) } }
table + .foot { border-top: 0 } .note:last-child { border-bottom: 0 } .note .btn { margin-inline-start: auto; font-size: 12px }
.void { padding: 24px 16px 16px; display: flex; flex-direction: column; gap: 12px; min-height: 356px }
.void .k { display: flex; align-items: center; gap: 12px; font-size: 16px; font-weight: 500; line-height: 22px }
.void .k i { width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; font-style: normal; font-weight: 700; flex: none;
  background: color-mix(in srgb, var(--primary-color) 22%, transparent) }
.void p { line-height: 20px } .void .row { display: flex; flex-wrap: wrap; gap: 8px } .void a.btn { text-decoration: none } .void .sp { flex: 1 }
.void code { display: block; font: 12px/18px var(--ha-font-family-code, monospace); padding: 12px; border-radius: 8px; overflow-wrap: anywhere; white-space: pre-wrap;
  background: color-mix(in srgb, var(--ink) 6%, transparent) }
.void .wait { display: flex; gap: 8px; align-items: center; font-size: 12px; line-height: 16px; color: var(--secondary-text-color) }
.void .wait ha-icon { --mdc-icon-size: 18px }
@container (max-width: 720px) { .wide, .tools .sp { display: none } .tools .field { max-width: none } }
`);

export const fleet = sheet(`
.host { display: flex; align-items: center; gap: 12px; min-width: 0; text-decoration: none; min-height: 44px; --c: var(--calm) }
.host .st { width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; flex: none; position: relative;
  color: color-mix(in srgb, var(--c) 70%, var(--ink)); background: color-mix(in srgb, var(--c) 18%, transparent) }
.host .st ha-icon { --mdc-icon-size: 20px }
.host .st em { position: absolute; right: -5px; bottom: -4px; width: 18px; height: 18px; border-radius: 50%; display: grid; place-items: center; background: var(--surface); color: var(--c) }
.host .st em ha-icon { --mdc-icon-size: 15px }
.host.lost { --c: var(--crit) } .host.rebooting, .host.shutting_down { --c: var(--note) } .host.off, .host.suspended, .host.unknown { --c: var(--secondary-text-color) }
.host.off .st, .host.suspended .st, .host.unknown .st { background: none; box-shadow: inset 0 0 0 1.5px var(--divider-color); color: var(--secondary-text-color) }
.host div { min-width: 0 } .host b, .host div span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .host b { font-weight: 500 }
.host div span { font-size: 12px; color: var(--secondary-text-color) } .host.lost div span, .host.told div span { color: var(--primary-text-color); font-weight: 500 }
.m { --c: var(--calm) } .m.warn { --c: var(--warn) } .m.crit { --c: var(--crit) }
.m .v { display: flex; align-items: center; gap: 3px; font-variant-numeric: tabular-nums; line-height: 18px } .m .v b { font-weight: inherit } .m .v small { color: var(--secondary-text-color) }
.m .v ha-icon { --mdc-icon-size: 14px; color: color-mix(in srgb, var(--c) 70%, var(--ink)) }
.m.warn .v, .m.crit .v { font-weight: 700 }
.m .track { display: block; position: relative; height: 6px; border-radius: 3px; margin-top: 5px; background: color-mix(in srgb, var(--c) 20%, transparent) }
.m .track i { position: absolute; inset: 0 auto 0 0; border-radius: 3px; background: var(--c); min-width: 3px }
.m .track u { position: absolute; top: -2px; width: 2px; height: 10px; margin-left: -1px; background: color-mix(in srgb, var(--ink) 55%, transparent); box-shadow: 0 0 0 1px var(--surface) }
.m.none .v { color: var(--secondary-text-color) } .m.none .track { background: none; border-bottom: 1px dashed var(--divider-color); height: 3px; border-radius: 0 } .m.none .track * { display: none }
.m .l { display: none } .m.old .v { color: var(--secondary-text-color); font-weight: 400 } .m.old .track i { background: var(--off) } .m.old u { display: none }
.m.old .track { background: color-mix(in srgb, var(--off) 25%, transparent) }
.beat { display: flex; gap: 2px; height: 24px; align-items: end } .beat i { flex: 1; border-radius: 2px; height: 60%; background: var(--calm) }
.beat .lost { height: 100%; background: var(--crit) } .beat .off, .beat .suspended { height: 12%; background: color-mix(in srgb, var(--secondary-text-color) 70%, transparent) } .beat .suspended { height: 28% }
.beat .rebooting, .beat .shutting_down { background: repeating-linear-gradient(0deg, var(--note) 0 3px, transparent 3px 5px) }
.beat .none { background: none; height: 12%; border-bottom: 2px dotted var(--divider-color); border-radius: 0 }
th.meter { width: 104px } th.b24 { width: 176px } th.up { width: 112px } th.seen { width: 80px } th.menu { width: 52px }
@container (max-width: 1040px) { .b24 { display: none } } @container (max-width: 860px) { .up { display: none } }
@container (max-width: 720px) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) } table, tbody, tr.space { display: block }
  tr:not(.space) { display: grid; grid-template-columns: repeat(4, 1fr); gap: 0 14px; padding: 8px 12px 12px; border-top: 1px solid var(--divider-color); position: relative }
  td { height: auto; border: 0; padding: 0 } td:first-child { grid-column: 1 / -1; padding: 0 96px 0 0 } td.menu { position: absolute; right: 4px; top: 8px; padding: 0 }
  td.seen { position: absolute; right: 52px; top: 21px; font-size: 12px } .m { margin-top: 4px; min-width: 0 } .m .v { font-size: 13px } tr.quiet .m { display: none }
  .m .l { display: block; font-size: 11px; color: var(--secondary-text-color); line-height: 14px } table + .foot { border-top: 1px solid var(--divider-color) }
}
`);

export const readings = sheet(`
.tools .field { max-width: 360px } td { height: 48px }
.name { display: flex; align-items: center; gap: 12px; min-width: 0; width: 100%; min-height: 44px; text-align: start } .name ha-state-icon { color: var(--state-icon-color); flex: none; width: 24px; height: 24px; --mdc-icon-size: 24px }
.name div { min-width: 0 } .name b, .name span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .name b { font-weight: 500 }
.name span { display: none; font-size: 12px; color: var(--secondary-text-color) }
.val { font-weight: 500; font-size: 15px } .vv { display: flex; align-items: center; justify-content: end; gap: 4px; min-width: 0 }
.vv .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .val small { color: var(--secondary-text-color); font-weight: 400; margin-inline-start: 3px } .val .chip { margin-inline-end: 8px; white-space: nowrap }
th.device { width: 220px } th.v { width: 240px } th.changed { width: 110px } th.menu { width: 52px }
tr.group td { height: 36px; font-weight: 500; font-size: 12px; white-space: nowrap; color: var(--secondary-text-color); background: color-mix(in srgb, var(--ink) 4%, transparent) }
mark { background: color-mix(in srgb, var(--primary-color) 28%, transparent); color: inherit; border-radius: 3px } td.device { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
td.device a { text-decoration: none; line-height: 44px } td.device a:hover { text-decoration: underline }
@container (max-width: 720px) { .col { display: none } .name span { display: block } td { height: 60px } tr.group td { height: 36px } th.v { width: 128px } .vv { flex-direction: column-reverse; align-items: end; gap: 2px } .val .chip { margin: 0 } }
`);
