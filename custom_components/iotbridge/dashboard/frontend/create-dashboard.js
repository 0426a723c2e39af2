// Page to which the set-up leads: opens the dashboard, and adds it first where there is none, for an administrator.
import { LiveElement, h, icon, setText, sheet } from "./dom.js";
import { STRATEGY } from "./strategy.js";
import { t } from "./texts.js";

const DASHBOARD = { title: "IoT Bridge", icon: "mdi:bridge", show_in_sidebar: true, require_admin: false, mode: "storage" };
const URL_PATH = "iot-bridge";
const styles = sheet(":host { padding: 24px 16px; max-width: 600px; margin: 0 auto } p { display: flex; gap: 12px; align-items: center; padding: 16px }");

export default class CreateDashboard extends LiveElement {
  #isStarted = false;
  #path = null;

  constructor() {
    super(styles);
    this.text = h("span");
    this.shadowRoot.append(h("ha-card", { role: "status" }, h("p", icon("bridge"), this.text)));
  }

  update() {
    if (!this.#isStarted) {
      this.#isStarted = true;
      setText(this.text, t(this.hass, "create.waiting"));
      this.#open().catch((error) => setText(this.text, t(this.hass, "create.failed", { error: error?.message ?? "" })));
    }
    if (!this.#path || !(this.#path in this.hass.panels)) return;
    history.replaceState(null, "", `/${this.#path}`);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: true } }));
    this.#path = null;
  }

  async #open() {
    const { hass } = this;
    const dashboards = await hass.callWS({ type: "lovelace/dashboards/list" });
    const known = await findOurs(hass, dashboards);
    if (!known && !hass.user?.is_admin) {
      setText(this.text, t(hass, "create.admin"));
      return;
    }
    this.#path = known ?? (await create(hass, dashboards));
    this.changed();
  }
}

/** Return the path of our dashboard, which may have another name. */
const findOurs = async (hass, dashboards) => {
  for (const { url_path: path, mode } of dashboards) {
    if (mode !== "storage") continue;
    const config = await hass.callWS({ type: "lovelace/config", url_path: path, force: false }).catch(() => null);
    if (config?.strategy?.type === STRATEGY) return path;
  }
  return null;
};

const create = async (hass, dashboards) => {
  const taken = new Set([...dashboards.map(({ url_path: path }) => path), ...Object.keys(hass.panels)]);
  let path = URL_PATH;
  for (let number = 2; taken.has(path); number += 1) path = `${URL_PATH}-${number}`;
  await hass.callWS({ type: "lovelace/dashboards/create", ...DASHBOARD, url_path: path });
  await hass.callWS({ type: "lovelace/config/save", url_path: path, config: { strategy: { type: STRATEGY } } });
  return path;
};
