// Elements from data. Strings become text nodes, never markup.

const SVG = new Set(["svg", "path", "line", "rect", "circle", "polyline", "text", "pattern", "defs", "g", "title"]);

/** Create an element. `on…` attributes are listeners; null, undefined and false leave an attribute or a child out. */
export const h = (tag, attributes, ...children) => {
  const element = SVG.has(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(2).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
};

/** Return an icon, which screen readers skip: its meaning has to be in a text as well. */
export const icon = (name) => h("ha-icon", { icon: name.includes(":") ? name : `mdi:${name}`, "aria-hidden": "true" });

export const hiddenText = (text) => h("span", { class: "sr" }, text);

export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export const setAttribute = (element, name, value) => {
  if (value === null || value === undefined || value === false) element.removeAttribute(name);
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
 * Rows of a list by key: known ones are updated in place, new ones created, others removed.
 * `create(item)` returns `{element, update(item)}`.
 */
export class KeyedList {
  #views = new Map();

  constructor(parent, create) {
    this.parent = parent;
    this.create = create;
  }

  get(key) {
    return this.#views.get(key);
  }

  update(items, keyOf) {
    const keys = new Set(items.map(keyOf));
    for (const [key, view] of this.#views) {
      if (!keys.has(key)) {
        view.element.remove();
        this.#views.delete(key);
      }
    }
    let next = this.parent.firstElementChild;
    for (const item of items) {
      const key = keyOf(item);
      let view = this.#views.get(key);
      if (!view) {
        view = this.create(item);
        this.#views.set(key, view);
      }
      view.update(item);
      if (view.element === next) next = next.nextElementSibling;
      else this.parent.insertBefore(view.element, next);
    }
  }
}

export const fire = (element, type, detail) =>
  element.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));

export const openMoreInfo = (element, entityId) => fire(element, "hass-more-info", { entityId });

export const navigate = (path) => {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
};
