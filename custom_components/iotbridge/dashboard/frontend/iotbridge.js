// Entry, on every page of Home Assistant: names the elements and cards. All else is loaded when it is first shown.
import "./board.js";
import { defineLazily } from "./lazy.js";
import { offerCard, page } from "./offers.js";
import { loadTexts, t } from "./texts.js";

const CARD_PROPERTIES = ["preview", "layout", "editMode"];
const BLOCKS = ["needs_you", "silent", "maintenance", "snoozed", "history"];

const isRule = (hass, entityId) => entityId.startsWith("binary_sensor.") && hass.entities[entityId]?.platform === "iotbridge" && hass.entities[entityId].translation_key === "alarm";


defineLazily("iotbridge-alarm-info", () => import("./alarm-info.js"), { properties: ["stateObj", "entry"] });

defineLazily("iotbridge-alarm-list", () => import("./alarm-list.js"), {
  properties: CARD_PROPERTIES,
  methods: {
    connectedWhileHidden: true, // otherwise an empty block could never show itself again
    getCardSize: () => 4,
    getGridOptions: () => ({ columns: "full", min_columns: 6, rows: "auto" }),
  },
  statics: {
    getStubConfig: () => ({ show: "needs_you" }),
    getConfigForm: async () => {
      await loadTexts(page());
      return {
        schema: [
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
        ],
        computeLabel: ({ name }) => t(page(), `editor.${name}`),
        computeHelper: ({ name }) => (name === "show" || name === "title" ? undefined : t(page(), `editor.${name}_helper`)),
      };
    },
  },
  check: ({ show = "needs_you" }) => {
    if (!BLOCKS.includes(show)) throw new Error(`show: expected one of ${BLOCKS.join(", ")}`);
  },
});

offerCard("iotbridge-alarm-list", "alarm_list", {
  getEntitySuggestion: (hass, entityId) => (isRule(hass, entityId) ? { config: { type: "custom:iotbridge-alarm-list", entity: entityId } } : null),
});
