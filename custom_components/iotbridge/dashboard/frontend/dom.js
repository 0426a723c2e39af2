// Elements from data, in which strings become text nodes, never markup; live elements; the look of all.

const SVG = new Set(["svg", "path", "line", "rect", "circle", "polyline", "text", "pattern", "defs", "g", "title"]);

export const INTEGRATION_PATH = "/config/integrations/integration/iotbridge";

export const devicePath = (id) => `/config/devices/device/${id}`;

const isMissing = (value) => value === null || value === undefined || value === false;

/**
 * Create an element, `h("div.row", { role: "row" }, "text", element)`; attributes may be left out. `on…` attributes are
 * listeners; null, undefined and false leave an attribute or a child out.
 */
export const h = (name, ...children) => {
  const [tag, ...classes] = name.split(".");
  const element = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  const attributes = children[0]?.constructor === Object ? children.shift() : {};
  for (const [name, value] of Object.entries(attributes)) {
    if (isMissing(value)) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => !isMissing(child)));
  return element;
};

/** Return an icon; screen readers skip it. */
export const icon = (name) => h("ha-icon", { icon: name.includes(":") ? name : `mdi:${name}`, "aria-hidden": "true" });

export const button = (style, onclick, content, attributes) =>
  h("button", { class: `btn ${style}`, type: "button", onclick, ...attributes }, content);

export const dotsButton = (label, open) => button("ico", open, icon("dots-vertical"), { "aria-haspopup": "menu", "aria-label": label });

export const note = (name, text, action) => h("div.note", icon(name), h("span", text), action);

export const bones = (text) => {
  const bone = (width) => h("i.bone", { style: `width:${width}%` });
  const row = (width) =>
    h("div.rowb", { "aria-hidden": "true" }, h("i.bone"), h("div", { style: "display:grid;gap:8px" }, bone(width), bone(width / 2)));
  return [hiddenText(text), ...[58, 40, 50].map(row)];
};

export const hiddenText = (text) => h("span.sr", text);

export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export const setAttribute = (element, name, value) => {
  if (isMissing(value)) element.removeAttribute(name);
  else if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, value);
};

/** Replace the children only when the data behind them has changed. */
export const renderOnce = (element, data, render) => {
  const key = JSON.stringify(data);
  if (element.renderedData === key) return;
  element.renderedData = key;
  element.replaceChildren(...[render()].flat().filter(Boolean));
};

/** Update an element; when that removes what has the focus, `fallback()` receives it. */
export const keepFocus = (element, update, fallback) => {
  const root = element.getRootNode();
  const hadFocus = element.contains(root.activeElement);
  update();
  if (hadFocus && !element.contains(root.activeElement)) fallback()?.focus();
};

/**
 * Rows of a list by id: known ones are updated in place, new ones created, others removed.
 * `create(item)` returns `{element, update(item, index)}`; `before` is an element that stays above the rows.
 */
export class KeyedList {
  views = new Map();

  constructor(parent, create, before = null) {
    Object.assign(this, { parent, create, before });
  }

  update(items, start = 0) {
    const ids = new Set(items.map(({ id }) => id));
    for (const [id, view] of this.views) {
      if (ids.has(id)) continue;
      view.element.remove();
      this.views.delete(id);
    }
    let next = this.before ? this.before.nextElementSibling : this.parent.firstElementChild;
    items.forEach((item, index) => {
      let view = this.views.get(item.id);
      if (!view) this.views.set(item.id, (view = this.create(item)));
      view.update(item, start + index);
      if (view.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(view.element, next);
    });
  }
}

export const fire = (element, type, detail) =>
  element.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));

export const openMoreInfo = (element, entityId) => fire(element, "hass-more-info", { entityId });

export const navigate = (path) => {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
};

export const sheet = (css) => {
  const styles = new CSSStyleSheet();
  styles.replaceSync(css);
  return styles;
};

export const shared = sheet(`
:host { display: block; font: 400 14px/1.6 var(--ha-font-family-body, Roboto, sans-serif); color: var(--primary-text-color);
  --crit: var(--error-color); --warn: var(--warning-color); --note: var(--info-color); --calm: var(--state-icon-color);
  --off: var(--disabled-text-color); --surface: var(--ha-card-background, var(--card-background-color)); --ink: var(--primary-text-color); --c: var(--calm) }
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
.st { width: 36px; height: 36px; border-radius: 50%; display: grid; place-items: center; flex: none; position: relative;
  color: color-mix(in srgb, var(--c) 70%, var(--ink)); background: color-mix(in srgb, var(--c) 18%, transparent) } .st ha-icon { --mdc-icon-size: 20px }
.st em { position: absolute; right: -5px; bottom: -4px; width: 18px; height: 18px; border-radius: 50%; display: grid; place-items: center; background: var(--surface); color: var(--c) } .st em ha-icon { --mdc-icon-size: 15px }
.off, .suspended, .unknown { --c: var(--secondary-text-color) } :is(.off, .suspended, .unknown) .st { background: none; box-shadow: inset 0 0 0 1.5px var(--divider-color); color: var(--c) }
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
.rowb > .bone { width: 40px; height: 40px; border-radius: 50% } .bone { display: block; height: 12px; border-radius: 6px; background: color-mix(in srgb, var(--ink) 8%, transparent) }
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

/**
 * Element with a shadow root that updates at most once per frame. A subclass has `update()`, and may have
 * `connected()`, `disconnected()` and `tick()`, which runs each second while the page is visible.
 */
export class LiveElement extends HTMLElement {
  #hass;
  #config;
  #frame = 0;
  #clock = 0;

  constructor(...sheets) {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [shared, ...sheets];
  }

  get hass() {
    return this.#hass;
  }

  set hass(hass) {
    this.#hass = hass;
    this.changed();
  }

  get config() {
    return this.#config ?? {};
  }

  set config(config) {
    this.#config = config;
    this.changed();
  }

  connectedCallback() {
    this.connected?.();
    this.changed();
    if (this.tick) {
      this.#clock = setInterval(() => {
        if (document.visibilityState === "visible" && this.#hass) this.tick();
      }, 1000);
    }
  }

  disconnectedCallback() {
    clearInterval(this.#clock);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.disconnected?.();
  }

  changed() {
    if (this.#frame || !this.isConnected || !this.#hass) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.update();
    });
  }
}
