// Settings of the dashboard (views to leave out) and of a section (its area).
import { fire, h, shared, sheet } from "./dom.js";
import { OPTIONAL } from "./strategy.js";
import { loadTexts, t } from "./texts.js";

const styles = sheet(`
fieldset { border: 0; padding: 0 } label { display: flex; align-items: center; gap: 12px; min-height: 44px } input { width: 20px; height: 20px }
select { font: inherit; min-height: 44px; flex: 1; color: inherit; background: var(--card-background-color) }
`);

export class StrategyEditor extends HTMLElement {
  #config = {};
  #hass = null;

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [shared, styles];
  }

  setConfig(config) {
    this.#config = config;
    this.#render();
  }

  set hass(hass) {
    const isFirst = !this.#hass;
    this.#hass = hass;
    if (isFirst) loadTexts(hass).then(() => this.#render());
  }

  #render() {
    if (this.#hass) this.shadowRoot.replaceChildren(this.field === "area_id" ? this.#area() : this.#views());
  }

  #change(value) {
    this.#config = { ...this.#config, [this.field]: value };
    if (!value?.length) delete this.#config[this.field];
    fire(this, "config-changed", { config: this.#config });
  }

  #views() {
    const hidden = new Set(this.#config.hidden_views);
    const choice = (view) => {
      const toggle = () => {
        hidden[input.checked ? "delete" : "add"](view);
        this.#change([...hidden]);
      };
      const input = h("input", { type: "checkbox", checked: !hidden.has(view), onchange: toggle });
      return h("label", input, t(this.#hass, `board.view.${view}`));
    };
    return h("fieldset", h("legend", t(this.#hass, "board.settings.views")), OPTIONAL.map(choice));
  }

  #area() {
    const areas = Object.values(this.#hass.areas).sort((a, b) => a.name.localeCompare(b.name));
    const option = ({ area_id: value, name }) => h("option", { value, selected: value === (this.#config.area_id ?? "") }, name);
    const everywhere = { area_id: "", name: t(this.#hass, "board.settings.everywhere") };
    const select = h("select", { onchange: () => this.#change(select.value) }, [everywhere, ...areas].map(option));
    return h("label", t(this.#hass, "board.settings.area"), select);
  }
}
