// Entry, on every page of Home Assistant: names elements, cards and strategies. All else is loaded when it is shown.
import { defineLazily } from "./lazy.js";
import { GUIDES, languageOf, loadTexts, t } from "./texts.js";

const GUIDE = `${GUIDES}/dashboard.md`;
const BLOCKS = ["needs_you", "silent", "maintenance", "snoozed", "history"];
const SECTIONS = ["alarms", "hosts", "readings"];

const page = () => document.querySelector("home-assistant")?.hass;

// The names are read when someone opens the card picker, long after this.
const waiting = setInterval(() => {
  if (!page()?.locale) return;
  clearInterval(waiting);
  loadTexts(page());
}, 250);

/** Offer something in a picker, in the language of the user. */
const offer = (list, item, key) => {
  window[list] ??= [];
  if (window[list].some((known) => known.type === item.type)) return;
  const text = (name) => ({ get: () => t(page(), `${key}.${name}`), enumerable: true });
  window[list].push(Object.defineProperties(item, { name: text("name"), description: text("description") }));
};

const offerStrategy = (type, strategyType, key) => offer("customStrategies", { type, strategyType, documentationURL: GUIDE }, key);

const formOf = (schema, label, helper) => async () => {
  await loadTexts(page());
  const text = (keyOf) => ({ name }) => keyOf(name) && t(page(), keyOf(name));
  return { schema: schema(), computeLabel: text(label), computeHelper: text(helper) };
};

const defineCard = (name, load, rows, { statics, methods, check, isFor, suggestion = () => ({}) }) => {
  const type = `iotbridge-${name.replace("_", "-")}`;
  defineLazily(type, load, {
    properties: ["preview", "layout", "editMode"],
    methods: { getCardSize: () => rows, getGridOptions: () => ({ columns: "full", min_columns: 6, rows: "auto" }), ...methods },
    statics,
    check,
  });
  const getEntitySuggestion = ({ entities }, id) => {
    const { platform, translation_key: key } = entities[id] ?? {};
    return platform === "iotbridge" && isFor(key, id) ? { config: { type: `custom:${type}`, ...suggestion(id) } } : null;
  };
  offer("customCards", { type, preview: true, getEntitySuggestion }, `card.${name}`);
};

const alarmSchema = () => [
  {
    name: "show",
    required: true,
    selector: { select: { mode: "dropdown", options: BLOCKS.map((value) => ({ value, label: t(page(), `list.${value}`) })) } },
  },
  { name: "title", selector: { text: {} } },
  { name: "heading", selector: { boolean: {} } },
  { name: "entity", selector: { entity: { filter: { integration: "iotbridge", domain: "binary_sensor" } } } },
  { name: "device_id", selector: { device: {} } },
  { name: "area_id", selector: { area: {} } },
  { name: "history_path", selector: { navigation: {} } },
];

defineCard("alarm_list", () => import("./alarm-list.js"), 4, {
  methods: { connectedWhileHidden: true }, // otherwise an empty block could never show itself again
  statics: {
    getStubConfig: () => ({ show: "needs_you" }),
    getConfigForm: formOf(alarmSchema, (name) => `editor.${name}`, (name) => name !== "show" && name !== "title" && `editor.${name}_helper`),
  },
  check: ({ show = "needs_you" }) => {
    if (!BLOCKS.includes(show)) throw new Error(`show: expected one of ${BLOCKS.join(", ")}`);
  },
  isFor: (key, id) => key === "alarm" && id.startsWith("binary_sensor."),
  suggestion: (entity) => ({ entity }),
});

const areaSchema = () => [{ name: "area_id", selector: { area: {} } }];
const TABLE = {
  statics: { getStubConfig: () => ({}), getConfigForm: formOf(areaSchema, () => "board.settings.area", () => "board.settings.area_helper") },
  isFor: (key) => key === "power_state",
};
defineCard("fleet_table", () => import("./fleet-table.js"), 8, TABLE);
defineCard("readings_table", () => import("./readings-table.js"), 12, TABLE);

const planSchema = () => [{ name: "plan", selector: { entity: { filter: { integration: "iotbridge", domain: "sensor" } } } }];
defineCard("power_plan", () => import("./power-plan.js"), 8, {
  statics: { getStubConfig: () => ({}), getConfigForm: formOf(planSchema, () => "editor.plan", () => "editor.plan_helper") },
  isFor: (key) => key === "plan_state",
  suggestion: (plan) => ({ plan }),
});

defineLazily("iotbridge-alarm-info", () => import("./alarm-info.js"), { properties: ["stateObj", "entry"] });
defineLazily("iotbridge-create-dashboard", () => import("./create-dashboard.js"), { properties: ["narrow", "route", "panel"] });

const editor = (field) => async () => {
  const { StrategyEditor } = await import("./strategy-editor.js");
  if (!customElements.get("iotbridge-strategy-editor")) customElements.define("iotbridge-strategy-editor", StrategyEditor);
  return Object.assign(document.createElement("iotbridge-strategy-editor"), { field });
};

let last = {};

/** Return the language, and names, areas and icons of what is ours, as one text. */
export const signature = (hass) => {
  const { entities, devices, areas } = hass;
  const language = languageOf(hass);
  if (last.entities === entities && last.devices === devices && last.areas === areas && last.language === language) return last.text;
  const parts = [language];
  const ours = new Set();
  for (const [id, entity] of Object.entries(entities)) {
    if (entity.platform !== "iotbridge" && entity.platform !== "mqtt") continue;
    ours.add(entity.device_id);
    parts.push(id, entity.name, entity.area_id, entity.device_id, entity.hidden, entity.icon, entity.entity_category);
  }
  for (const id of ours) {
    const device = devices[id];
    if (device) parts.push(id, device.name_by_user ?? device.name, device.area_id, device.model, device.sw_version);
  }
  for (const [id, area] of Object.entries(areas)) parts.push(id, area.name, area.icon);
  last = { entities, devices, areas, language, text: parts.join("\u0000") };
  return last.text;
};

/** Define a strategy, which is built anew when names, areas or the language change, or IoT Bridge has started. */
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
offerStrategy("iotbridge", "dashboard", "board");
defineStrategy("view", "iotbridge", (strategy, config, hass) => strategy.generateView(config, hass), { noEditor: true });
for (const kind of SECTIONS) {
  defineStrategy("section", `iotbridge-${kind}`, (strategy, config, hass) => strategy.generateSection(kind, config, hass), {
    getStubConfig: () => ({ type: `custom:iotbridge-${kind}` }),
    getConfigElement: editor("area_id"),
  });
  offerStrategy(`iotbridge-${kind}`, "section", `section.${kind}`);
}
