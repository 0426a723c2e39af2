// Base of everything that shows live data.
import { shared } from "./styles.js";

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
