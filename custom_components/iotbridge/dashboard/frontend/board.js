// Dashboard, its sections, and the cards of hosts and readings: names and settings; all else is loaded when it is shown.
import { GUIDES } from "./guides.js";
import { defineLazily } from "./lazy.js";
import { offerCard, offerStrategy, page } from "./offers.js";
import { signature } from "./signature.js";
import { loadTexts, t } from "./texts.js";

const GUIDE = `${GUIDES}/dashboard.md`;
const SECTIONS = ["alarms", "hosts", "readings"];


const getConfigForm = async () => {
  await loadTexts(page());
  const text = (key) => () => t(page(), key);
  return { schema: [{ name: "area_id", selector: { area: {} } }], computeLabel: text("board.settings.area"), computeHelper: text("board.settings.area_helper") };
};

const defineTable = (tag, load, key, rows) => {
  defineLazily(tag, load, {
    properties: ["preview", "layout", "editMode"],
    methods: { getCardSize: () => rows, getGridOptions: () => ({ columns: "full", min_columns: 6, rows: "auto" }) },
    statics: { getStubConfig: () => ({}), getConfigForm },
  });
  offerCard(tag, key, {
    getEntitySuggestion: ({ entities }, entityId) => {
      const { platform, translation_key: name } = entities[entityId] ?? {};
      return platform === "iotbridge" && name === "power_state" ? { config: { type: `custom:${tag}` } } : null;
    },
  });
};

defineTable("iotbridge-fleet-table", () => import("./fleet-table.js"), "fleet_table", 8);
defineTable("iotbridge-readings-table", () => import("./readings-table.js"), "readings_table", 12);


const editor = (field) => async () => {
  const { StrategyEditor } = await import("./strategy-editor.js");
  if (!customElements.get("iotbridge-strategy-editor")) customElements.define("iotbridge-strategy-editor", StrategyEditor);
  return Object.assign(document.createElement("iotbridge-strategy-editor"), { field });
};

/** Define a strategy, which is built anew when names or areas of ours change, or IoT Bridge has started. */
const defineStrategy = (level, type, generate, statics) => {
  const tag = `ll-strategy-${level}-${type}`;
  if (customElements.get(tag)) return;
  let isAway = () => false;
  const strategy = class extends HTMLElement {};
  Object.assign(strategy, {
    generate: async (config, hass) => {
      const module = await import("./strategy.js");
      const built = await generate(module, config, hass);
      const wasKnown = level === "section" || module.isKnown(hass);
      isAway = (now) => !wasKnown && module.isKnown(now);
      return built;
    },
    shouldRegenerate: (_config, before, now) => signature(before) !== signature(now) || isAway(now),
    ...statics,
  });
  customElements.define(tag, strategy);
};

defineStrategy("dashboard", "iotbridge", (strategy, config, hass) => strategy.generateDashboard(config, hass), {
  getCreateSuggestions: () => ({ title: "IoT Bridge", icon: "mdi:bridge" }),
  getConfigElement: editor("hidden_views"),
});
offerStrategy("iotbridge", "dashboard", GUIDE, "board.name", "board.description");
defineStrategy("view", "iotbridge", (strategy, config, hass) => strategy.generateView(config, hass), { noEditor: true });
for (const kind of SECTIONS) {
  defineStrategy("section", `iotbridge-${kind}`, (strategy, config, hass) => strategy.generateSection(kind, config, hass), {
    getStubConfig: () => ({ type: `custom:iotbridge-${kind}` }),
    getConfigElement: editor("area_id"),
  });
  offerStrategy(`iotbridge-${kind}`, "section", GUIDE, `section.${kind}.name`, `section.${kind}.description`);
}


defineLazily("iotbridge-create-dashboard", () => import("./create-dashboard.js"), { properties: ["narrow", "route", "panel"] });
