// Shared look. Colour is in shapes; text has one of the two text colours, readable in every theme.

export const sheet = (css) => {
  const styles = new CSSStyleSheet();
  styles.replaceSync(css);
  return styles;
};

export const shared = sheet(`
:host { display: block; font: 400 14px/1.6 var(--ha-font-family-body, Roboto, sans-serif); color: var(--primary-text-color);
  --crit: var(--error-color); --warn: var(--warning-color); --note: var(--info-color); --calm: var(--state-icon-color);
  --off: var(--disabled-text-color); --surface: var(--ha-card-background, var(--card-background-color)); --ink: var(--primary-text-color) }
[hidden], :host([hidden]), .heading:empty { display: none !important }
* { box-sizing: border-box; margin: 0 }
ha-card { container-type: inline-size; overflow: clip; display: block }
button, input, textarea { font: inherit; color: inherit }
button { background: none; border: 0; padding: 0; cursor: pointer }
a { color: inherit }
ul { list-style: none; padding: 0 }
ha-icon { display: inline-flex; flex: none; --mdc-icon-size: 24px; width: var(--mdc-icon-size); height: var(--mdc-icon-size) }
button:focus-visible, a:focus-visible, input:focus-visible, textarea:focus-visible, summary:focus-visible {
  outline: 2px solid var(--primary-text-color); outline-offset: -2px }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
.num { font-variant-numeric: tabular-nums } .dim { color: var(--secondary-text-color) } small { font-size: 12px }
.btn { min-height: 44px; border-radius: 12px; padding: 0 16px; font-weight: 500; display: inline-flex; align-items: center;
  justify-content: center; gap: 8px; white-space: nowrap; background: color-mix(in srgb, var(--ink) 8%, transparent) }
.btn ha-icon { --mdc-icon-size: 20px }
.btn.main { background: color-mix(in srgb, var(--primary-color) 24%, var(--card-background-color)) }
.btn.bad { background: color-mix(in srgb, var(--error-color) 20%, var(--card-background-color)) }
.btn.ico { width: 44px; padding: 0; background: none; border-radius: 50%; flex: none }
.btn[disabled] { color: var(--secondary-text-color); background: none; border: 1px dashed var(--divider-color); cursor: default }
@media (hover: hover) { .btn:not([disabled]):hover { box-shadow: inset 0 0 0 100px color-mix(in srgb, var(--ink) 5%, transparent) } }
.chip { display: inline-flex; align-items: center; gap: 4px; min-height: 22px; padding: 0 8px; border-radius: 11px; font-size: 12px;
  font-weight: 500; line-height: 16px; background: color-mix(in srgb, var(--ink) 8%, transparent) }
.chip ha-icon { --mdc-icon-size: 14px }
.chip.crit { background: color-mix(in srgb, var(--crit) 22%, transparent) } .chip.warn { background: color-mix(in srgb, var(--warn) 24%, transparent) }
.chip.crit ha-icon { color: color-mix(in srgb, var(--crit) 70%, var(--ink)) } .chip.warn ha-icon { color: color-mix(in srgb, var(--warn) 70%, var(--ink)) }
.heading { display: flex; align-items: center; gap: 8px; min-height: 32px; padding: 0 4px 4px }
.heading h2 { font-size: 16px; font-weight: 400; line-height: 24px; flex: 1 } .heading > ha-icon { --mdc-icon-size: 18px }
.heading .btn { min-height: 44px; margin: -10px 0; padding: 0 4px; background: none; font-size: 12px }
.heading .btn > span { display: inline-flex; gap: 4px; align-items: center; border-radius: 99px; padding: 3px 10px; line-height: 18px;
  background: color-mix(in srgb, var(--ink) 10%, transparent) } .heading .btn ha-icon { --mdc-icon-size: 16px }
.rowb { display: flex; align-items: center; gap: 8px; min-height: 56px; padding: 4px 4px 4px 12px; border-top: 1px solid var(--divider-color) }
.rowb:first-of-type { border-top: 0 } .rowb > ha-icon { color: var(--secondary-text-color) }
.rowb > div { flex: 1; min-width: 0; line-height: 18px } .rowb b, .rowb .name { font-weight: 500; display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100% }
.rowb div span { font-size: 12px; color: var(--secondary-text-color) } .rowb .btn:not(.ico) { padding: 0 12px; font-size: 12px }
.foot { display: flex; align-items: center; flex-wrap: wrap; gap: 0 12px; min-height: 44px; padding: 0 8px 0 16px; border-top: 1px solid var(--divider-color);
  font-size: 12px; color: var(--secondary-text-color) }
.foot .btn { margin-left: auto; background: none; color: var(--primary-text-color); font-size: 12px; padding: 0 8px } .foot .btn + .btn { margin-left: 0 }
.note { display: flex; align-items: center; gap: 8px; padding: 8px 16px; font-size: 12px; line-height: 18px; color: var(--secondary-text-color); border-bottom: 1px solid var(--divider-color) }
.note ha-icon { --mdc-icon-size: 18px }
.bone { display: block; height: 12px; border-radius: 6px; background: color-mix(in srgb, var(--ink) 8%, transparent) }
[popover] { position: fixed; inset: auto; margin: 0; padding: 8px 0; border: 0; width: max-content; min-width: 260px; max-width: min(420px, 100vw - 16px); max-height: calc(100vh - 32px); overflow: auto;
  border-radius: 12px; color: inherit; background: var(--card-background-color); box-shadow: 0 0 0 1px var(--divider-color), var(--ha-box-shadow-l, 0 8px 24px #0005) }
[popover].sheet { inset: auto 0 0 0; width: 100vw; max-width: none; max-height: 88vh; border-radius: 24px 24px 0 0; padding: 12px 0 max(12px, env(safe-area-inset-bottom)) }
[popover].sheet::backdrop { background: #00000052 }
[popover] .top { padding: 4px 24px 8px; max-width: 420px } [popover] .top b { font-size: 20px; font-weight: 500; line-height: 32px; display: block } [popover] .top p { line-height: 20px; color: var(--secondary-text-color) }
[popover] .fields { display: grid; gap: 12px; padding: 4px 24px 12px } [popover] label { display: grid; gap: 4px; font-size: 12px; color: var(--secondary-text-color) }
[popover] input, [popover] textarea { width: 100%; min-height: 44px; padding: 10px 12px; border: 1px solid var(--divider-color); border-radius: 10px; font-size: 16px; line-height: 22px; color: var(--primary-text-color);
  background: color-mix(in srgb, var(--ink) 6%, transparent); color-scheme: light dark }
[popover] .answers { display: flex; gap: 8px; justify-content: flex-end; padding: 4px 24px 12px }
.menu-list button { display: flex; align-items: center; gap: 16px; min-height: 48px; padding: 0 24px; font-size: 16px; width: 100%; text-align: start }
.menu-list button:focus-visible { background: color-mix(in srgb, var(--ink) 6%, transparent) }
.menu-list button span + span { white-space: nowrap; margin-left: auto; padding-left: 24px; font-size: 13px; color: var(--secondary-text-color) } .menu-list ha-icon { color: var(--secondary-text-color) }
@media (hover: hover) { .menu-list button:hover { background: color-mix(in srgb, var(--ink) 6%, transparent) } }
`);
