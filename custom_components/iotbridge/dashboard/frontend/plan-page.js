// View of the power plans: each with its timeline, its events and its UPS.
import { heading, planEntities, section, tile } from "./pages.js";
import { t } from "./texts.js";

const UPS_H = 3;

/** A card has the name of its plan as a title. */
export const plansPage = async ({ hass }) => {
  const { plans } = await hass.callWS({ type: "iotbridge/power_plans/list" }).catch(() => ({ plans: [] }));
  return { sections: planEntities(hass).flatMap((plan) => sectionsOf(hass, plan, plans.find(({ entity_id: id }) => id === plan)?.ups)) };
};

const sectionsOf = (hass, plan, ups) => {
  const card = (show) => ({ type: "custom:iotbridge-power-plan", plan, show });
  return ups ? [section(3, [card("timeline")]), section(2, [card("log")]), section(1, upsCards(hass, ups))] : [section(3, [card()])];
};

const upsCards = (hass, { entity_id: status, battery_entity_id: battery, runtime_entity_id: runtime }) => {
  const device = hass.entities[status]?.device_id;
  const isLoad = ({ device_id: id, entity_category: category, translation_key: key }) => device && id === device && !category && /load|realpower/.test(key);
  const loads = Object.values(hass.entities).filter(isLoad).map(({ entity_id: id }) => id);
  const known = (ids, cardOf) => ids.filter((id) => hass.states[id]).map(cardOf);
  const graph = { type: "trend-graph", hours_to_show: UPS_H };
  return [
    heading("battery-charging-high", t(hass, "plan.ups.title", { count: UPS_H })),
    ...known([battery], (id) => tile(hass, id, { columns: "full", features: [{ type: "bar-gauge" }, graph] })),
    ...known([runtime, ...loads], (id) => tile(hass, id, { features: [graph] })),
    ...known([status], (entity) => ({ type: "history-graph", entities: [{ entity }], hours_to_show: UPS_H })),
  ];
};
