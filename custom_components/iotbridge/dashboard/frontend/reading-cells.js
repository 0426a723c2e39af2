// Row of a reading in the page: made once, then changed in place.
import { QUIET_ICONS, SEVERITY_CLASSES, SEVERITY_ICONS, isQuiet, severityOf } from "./alarms.js";
import {
  INTEGRATION_PATH, devicePath, dotsButton, h, hiddenText, icon, navigate, openMoreInfo, setAttribute, setText, sheet,
} from "./dom.js";
import { age, secondsSince } from "./formats.js";
import { areaOf, byNumber, compareNames, deviceName, isKnownState, isOfReadings } from "./hosts.js";
import { openMenu } from "./menu.js";
import { cell } from "./table.js";
import { t } from "./texts.js";


export const readingRows = (hass, { hosts, things }, onlyArea = null) => {
  const rows = [];
  for (const device of [...hosts, ...things]) {
    const area = areaOf(hass, device);
    for (const entityId of Object.values(device.entities)) {
      const areaId = hass.entities[entityId]?.area_id ?? area;
      const isWanted = isOfReadings(entityId) && (!onlyArea || areaId === onlyArea);
      if (isWanted) rows.push(readingRow(hass, device, entityId, areaId));
    }
  }
  return rows;
};

const readingRow = (hass, device, entityId, areaId) => {
  const row = { id: device.ids[entityId], entityId, deviceId: device.id, areaId, device: deviceName(hass, device) };
  row.area = hass.areas[areaId]?.name ?? "";
  row.name = nameOf(hass, entityId, row.device);
  row.text = `${row.name} ${row.device} ${row.area}`.toLowerCase();
  return row;
};

const nameOf = (hass, entityId, device) => {
  const name = hass.entities[entityId]?.name ?? hass.states[entityId]?.attributes.friendly_name ?? entityId;
  return name.startsWith(`${device} `) ? name.slice(device.length + 1) : name;
};

export const alarmsByEntity = (alarms) => {
  const byEntity = new Map();
  for (const alarm of alarms) {
    const known = byEntity.get(alarm.entity_id);
    if (alarm.entity_id && (!known || urgency(alarm) > urgency(known))) byEntity.set(alarm.entity_id, alarm);
  }
  return byEntity;
};

const urgency = (alarm) => (isQuiet(alarm) ? 0 : 10) + severityOf(alarm);

export const orderOf = (hass, column, sign) => {
  const state = (row) => hass.states[row.entityId];
  const byName = (a, b) => compareNames(a.name, b.name) || compareNames(a.device, b.device);
  if (column === "device") return (a, b) => sign * compareNames(a.device, b.device) || byName(a, b);
  if (column === "value") return byNumber((row) => parseFloat(state(row)?.state), sign, byName);
  if (column === "changed") return byNumber((row) => -Date.parse(state(row)?.last_changed), sign, byName);
  return (a, b) => sign * byName(a, b);
};


export const readingStyles = sheet(`
.tools .field { max-width: 360px } td { height: 48px }
.name { display: flex; align-items: center; gap: 12px; min-width: 0; width: 100%; min-height: 44px; text-align: start } .name ha-state-icon { color: var(--state-icon-color); flex: none; width: 24px; height: 24px; --mdc-icon-size: 24px }
.name div { min-width: 0 } .name b, .name span { display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .name b { font-weight: 500 }
.name span { display: none; font-size: 12px; color: var(--secondary-text-color) }
.val { font-weight: 500; font-size: 15px } .vv { display: flex; align-items: center; justify-content: end; gap: 4px; min-width: 0 }
.vv .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap } .val small { color: var(--secondary-text-color); font-weight: 400; margin-inline-start: 3px } .val .chip { margin-inline-end: 8px; white-space: nowrap }
th.device { width: 220px } th.v { width: 240px } th.changed { width: 110px } th.menu { width: 52px }
tr.group td { height: 36px; font-weight: 500; font-size: 12px; white-space: nowrap; color: var(--secondary-text-color); background: color-mix(in srgb, var(--ink) 4%, transparent) }
mark { background: color-mix(in srgb, var(--primary-color) 28%, transparent); color: inherit; border-radius: 3px } td.device { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
td.device a { text-decoration: none; line-height: 44px } td.device a:hover { text-decoration: underline }
@container (max-width: 720px) { .col { display: none } .name span { display: block } td { height: 60px } tr.group td { height: 36px } th.v { width: 128px } .vv { flex-direction: column-reverse; align-items: end; gap: 2px } .val .chip { margin: 0 } }
`);

export const groupView = (table) => {
  const title = cell(null);
  const others = table.columns.slice(1).map(({ class: name }) => cell(name.includes("col") ? "col" : null));
  const element = h("tr.group", { role: "row" }, title, others);
  const update = (group, index) => {
    setAttribute(element, "aria-rowindex", index + 2);
    setText(title, `${group.title} · ${group.count}`);
  };
  return { element, update };
};

export const readingView = (table, { entityId, deviceId }) => {
  const stateIcon = Object.assign(document.createElement("ha-state-icon"), { hass: table.hass });
  const [name, place, device] = [h("b"), h("span"), h("a", { href: devicePath(deviceId) })];
  const open = h("button.name", { onclick: () => openMoreInfo(table, entityId) }, stateIcon, h("div", name, place));
  const [mark, sign] = [icon("alert"), h("span")];
  const chip = h("span.chip", { hidden: true }, mark, sign);
  const [value, unit, unknown] = [h("span"), h("small"), hiddenText(t(table.hass, "fleet.unknown"))];
  const changed = cell("col dim num");
  const more = dotsButton("", () => openActions(table, more, current));
  const text = h("span.text", value, unit, unknown);
  const element = h("tr", { role: "row" }, cell(null, open), cell("col device", device), cell("val num", h("div.vv", chip, text)), changed, cell("menu end", more));
  let shown = {};
  let current = null;

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
    const hasValue = isKnownState(state?.state);
    const parts = hasValue ? hass.formatEntityStateToParts(state) : [];
    const part = (type) => parts.filter((candidate) => candidate.type === type).map((candidate) => candidate.value).join("");
    setText(value, hasValue ? part("value") : "–");
    setText(unit, part("unit"));
    unknown.hidden = hasValue;
    showAlarm(hass, next.alarm, state);
  };

  const showAlarm = (hass, alarm, state) => {
    const isUnavailable = !alarm && state?.state === "unavailable";
    chip.hidden = !alarm && !isUnavailable;
    if (chip.hidden) return;
    const [level, shape] = isUnavailable ? ["", "access-point-off"] : isQuiet(alarm) ? ["", QUIET_ICONS[alarm.state]] : [SEVERITY_CLASSES[alarm.severity], SEVERITY_ICONS[alarm.severity]];
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

const marked = (text, search) => {
  const word = search.split(/\s+/).find((part) => part && text.toLowerCase().includes(part));
  if (!word) return [text];
  const at = text.toLowerCase().indexOf(word);
  return [text.slice(0, at), h("mark", text.slice(at, at + word.length)), text.slice(at + word.length)];
};

const openActions = (table, anchor, row) => {
  const { hass } = table;
  const item = (key, name, run) => ({ label: t(hass, key), icon: name, run });
  openMenu(
    anchor,
    [
      item("readings.menu.more_info", "chart-line", () => openMoreInfo(table, row.entityId)),
      item("fleet.menu.device", "open-in-app", () => navigate(devicePath(row.deviceId))),
      hass.user?.is_admin && item("readings.menu.watch", "bell-plus", () => navigate(INTEGRATION_PATH)),
      table.hideItem(row.id),
    ],
    { title: `${row.device} · ${row.name}` },
  );
};
