// Elements that load their implementation and their texts when they are first shown.
import { loadTexts, t } from "./texts.js";

const RETRY_MS = 30_000;

/**
 * Define an element. `load` returns the module whose default export stands in the element and receives the properties;
 * `check` throws an error for a bad configuration.
 */
export const defineLazily = (tag, load, { properties = [], methods = {}, statics = {}, check } = {}) => {
  if (customElements.get(tag)) return; // a second version of the module, after an update without a new page
  class Lazy extends HTMLElement {
    #values = {};
    #content = null;
    #isLoading = false;
    #retryAt = 0;

    connectedCallback() {
      this.style.display = "block";
      // Home Assistant may have set properties before the element was defined.
      for (const name of names) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
      this.#load();
    }

    setConfig(config) {
      check?.(config);
      this.set("config", config);
    }

    get(name) {
      return this.#values[name];
    }

    set(name, value) {
      this.#values[name] = value;
      if (this.#content) this.#content[name] = value;
      else this.#load();
    }

    async #load() {
      const { hass } = this.#values;
      if (this.#content || this.#isLoading || !hass || !this.isConnected || Date.now() < this.#retryAt) return;
      this.#isLoading = true;
      try {
        const [module] = await Promise.all([load(), loadTexts(hass)]);
        const name = `${tag}-content`;
        if (!customElements.get(name)) customElements.define(name, module.default);
        this.#content = Object.assign(document.createElement(name), this.#values);
        this.replaceChildren(this.#content);
      } catch {
        this.#retryAt = Date.now() + RETRY_MS;
        this.textContent = await loadTexts(hass).then(
          () => t(hass, "board.reload"),
          () => "Please reload the page.",
        );
      } finally {
        this.#isLoading = false;
      }
    }
  }
  const names = ["hass", ...properties];
  for (const name of names) {
    Object.defineProperty(Lazy.prototype, name, {
      get() {
        return this.get(name);
      },
      set(value) {
        this.set(name, value);
      },
    });
  }
  Object.assign(Lazy.prototype, methods);
  Object.assign(Lazy, statics);
  customElements.define(tag, Lazy);
};
