// Row of a reading in the page: made once, then changed in place.
import { h, hiddenText, icon, navigate, openMoreInfo, setAttribute, setText } from "./dom.js";
import { age, secondsSince } from "./formats.js";
import { openMenu } from "./menu.js";
import { isQuiet } from "./readings.js";
import { t } from "./texts.js";

const SHAPES = { critical: ["crit", "alert-octagon"], warning: ["warn", "alert"], info: ["", "information"] };
const QUIET_SHAPES = { snoozed: "alarm-snooze", suppressed: "subdirectory-arrow-right", out_of_service: "bell-off" };
const NOT_KNOWN = new Set(["unknown", "unavailable"]);
const RULES_PATH = "/config/integrations/integration/iotbridge";

const cell = (className, ...children) => h("td", { class: className, role: "cell" }, children);

/** Return the line above a group. */
export const groupView = (table) => {
  const title = cell(null);
  const others = table.columns.slice(1).map(({ class: name }) => cell(name.includes("col") ? "col" : null));
  const element = h("tr", { class: "group", role: "row" }, title, others);
  const update = (group, index) => {
    setAttribute(element, "aria-rowindex", index + 2);
    setText(title, `${group.title} · ${group.count}`);
  };
  return { element, update };
};

/** Return the row of a reading; `table` is the card. */
export const readingView = (table, { entityId, deviceId }) => {
  const stateIcon = Object.assign(document.createElement("ha-state-icon"), { hass: table.hass });
  const [name, place, device] = [h("b"), h("span"), h("a", { href: `/config/devices/device/${deviceId}` })];
  const open = h("button", { class: "name", onclick: () => openMoreInfo(table, entityId) }, stateIcon, h("div", null, name, place));
  const [mark, sign] = [icon("alert"), h("span")];
  const chip = h("span", { class: "chip", hidden: true }, mark, sign);
  const [value, unit, unknown] = [h("span"), h("small"), hiddenText(t(table.hass, "fleet.unknown"))];
  const changed = cell("col dim num");
  const more = h("button", { class: "btn ico", "aria-haspopup": "menu" }, icon("dots-vertical"));
  const text = h("span", { class: "text" }, value, unit, unknown);
  const element = h("tr", { role: "row" }, cell(null, open), cell("col device", device), cell("val num", h("div", { class: "vv" }, chip, text)), changed, cell("menu end", more));
  let shown = {};
  let current = null;
  more.addEventListener("click", () => openActions(table, more, current));

  const update = (row, index) => {
    const { hass, search } = table;
    const state = hass.states[entityId];
    const next = { row, state, search, alarm: table.alarms.get(entityId), isHidden: table.isHidden(row.id) };
    current = row;
    setAttribute(element, "aria-rowindex", index + 2);
    setText(changed, state ? age(hass, secondsSince(state.last_changed)) : "–");
    if (Object.keys(next).every((key) => next[key] === shown[key])) return;
    if (row !== shown.row || search !== shown.search) {
      name.replaceChildren(...marked(row.name, search));
      place.replaceChildren(...marked([row.device, row.area].filter(Boolean).join(" · "), search));
      device.replaceChildren(...marked(row.device, search));
      setAttribute(more, "aria-label", t(hass, "readings.actions", { name: `${row.device} ${row.name}` }));
    }
    shown = next;
    stateIcon.stateObj = state;
    element.classList.toggle("hidden-row", next.isHidden);
    const isKnown = state !== undefined && !NOT_KNOWN.has(state.state);
    const parts = isKnown ? hass.formatEntityStateToParts(state) : [];
    const part = (type) => parts.filter((candidate) => candidate.type === type).map((candidate) => candidate.value).join("");
    setText(value, isKnown ? part("value") : "–");
    setText(unit, part("unit"));
    unknown.hidden = isKnown;
    showAlarm(hass, next.alarm, state);
  };

  const showAlarm = (hass, alarm, state) => {
    const isUnavailable = !alarm && state?.state === "unavailable";
    chip.hidden = !alarm && !isUnavailable;
    if (chip.hidden) return;
    const [level, shape] = isUnavailable ? ["", "access-point-off"] : isQuiet(alarm) ? ["", QUIET_SHAPES[alarm.state]] : SHAPES[alarm.severity];
    setAttribute(chip, "class", `chip ${level}`);
    setAttribute(mark, "icon", `mdi:${shape}`);
    setText(sign, isUnavailable ? t(hass, "readings.unavailable") : alarmText(hass, alarm));
  };
  return { element, update };
};

const alarmText = (hass, alarm) => {
  if (isQuiet(alarm)) return t(hass, `readings.${alarm.state}`);
  const { side, limit_text: limit, severity } = alarm;
  return side && limit ? t(hass, `readings.${side}`, { limit }) : t(hass, `readings.${severity}`);
};

/** Return a text as nodes, with the first match of the search marked. */
const marked = (text, search) => {
  const word = search.split(/\s+/).find((part) => part && text.toLowerCase().includes(part));
  if (!word) return [text];
  const at = text.toLowerCase().indexOf(word);
  return [text.slice(0, at), h("mark", null, text.slice(at, at + word.length)), text.slice(at + word.length)];
};

const openActions = (table, anchor, row) => {
  const { hass } = table;
  const item = (key, name, run) => ({ label: t(hass, key), icon: name, run });
  openMenu(
    anchor,
    [
      item("readings.menu.more_info", "chart-line", () => openMoreInfo(table, row.entityId)),
      item("fleet.menu.device", "open-in-app", () => navigate(`/config/devices/device/${row.deviceId}`)),
      hass.user?.is_admin && item("readings.menu.watch", "bell-plus", () => navigate(RULES_PATH)),
      table.hideItem(row.id),
    ],
    { title: `${row.device} · ${row.name}` },
  );
};
