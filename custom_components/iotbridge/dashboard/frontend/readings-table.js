// Readings table: every reading of hosts and things, with search, order and groups.
import { followAlarms } from "./alarms.js";
import { h, icon, setAttribute, setText } from "./dom.js";
import { emptyThings } from "./first-steps.js";
import { compareNames, deviceName } from "./hosts.js";
import { openMenu } from "./menu.js";
import { groupView, readingView } from "./reading-cells.js";
import { alarmsByEntity, orderOf, readingRows } from "./readings.js";
import { readings } from "./table-styles.js";
import { Table } from "./table.js";
import { t } from "./texts.js";

const GROUPS = { area: "floor-plan", device: "devices", none: "format-list-bulleted" };
const IDS = { area: "areaId", device: "deviceId" };

export default class ReadingsTable extends Table {
  kind = "readings";
  icon = "thermometer";
  hiddenList = "hidden_readings";
  alarms = new Map();
  choice = { column: "", sign: 1, filter: "all", group: "area", area: "", device: "" };
  columns = [
    { name: "name" },
    { name: "device", class: "device col" },
    { name: "value", class: "end v" },
    { name: "changed", class: "changed col" },
    { name: "more", class: "menu", isSortable: false },
  ];

  #rows = [];
  #sources = [];
  #tools = {};

  constructor() {
    super(readings);
  }

  subscribe() {
    const receive = ({ rows }) => {
      this.alarms = alarmsByEntity(rows.values());
      this.renewed();
    };
    this.onEnd(followAlarms(this.hass, receive));
  }

  rows(inventory) {
    const { hass, config } = this;
    const sources = [inventory, hass.entities, hass.devices, hass.areas, config.area_id];
    if (sources.some((source, index) => source !== this.#sources[index])) {
      this.#sources = sources;
      this.#rows = readingRows(hass, inventory, config.area_id);
      this.sortNow();
    }
    return this.#rows;
  }

  isEmpty({ hosts, things }) {
    return hosts.length + things.length === 0;
  }

  empty() {
    return emptyThings(this.hass);
  }

  get isLive() {
    return this.choice.column === "value" || this.choice.column === "changed";
  }

  arrange(rows) {
    return [...rows].sort(orderOf(this.hass, this.choice.column, this.choice.sign));
  }

  firstSign(column) {
    return column === "value" || column === "changed" ? -1 : 1;
  }

  isShown(row) {
    const { filter, area, device } = this.choice;
    const isTrouble = () => this.alarms.has(row.entityId) || this.hass.states[row.entityId]?.state === "unavailable";
    if ((filter === "trouble" && !isTrouble()) || (area && row.areaId !== area) || (device && row.deviceId !== device)) return false;
    return !this.search || this.search.split(/\s+/).every((word) => row.text.includes(word));
  }

  /** Return the rows with a line before each group, in the order in which the groups' names sort. */
  grouped(rows) {
    const { group } = this.choice;
    if (group === "none") return rows;
    const groups = Map.groupBy(rows, (row) => row[group]);
    const names = [...groups.keys()].sort((a, b) => !a - !b || compareNames(a, b));
    return names.flatMap((name) => {
      const members = groups.get(name);
      return [{ id: `group ${name}`, title: name || t(this.hass, "readings.no_area"), count: members.length }, ...members];
    });
  }

  kindOf({ title }) {
    return title === undefined ? "row" : "group";
  }

  view(row) {
    return row.title === undefined ? readingView(this, row) : groupView(this);
  }


  createTools() {
    const filterPick = (key) => {
      const button = h("button", { class: "pick wide", "aria-haspopup": "menu", onclick: () => this.#openFilter(button, key) });
      return button;
    };
    const showTrouble = () => this.choose({ filter: this.choice.filter === "trouble" ? "all" : "trouble" });
    const [sign, label] = [icon(GROUPS.area), h("span", { class: "wide" })];
    const group = h("button", { class: "btn", "aria-haspopup": "menu", onclick: () => this.#openGroups(group) }, sign, label);
    this.#tools = { area: filterPick("area"), device: filterPick("device"), trouble: h("button", { class: "pick wide", onclick: showTrouble }), group, sign, label };
    return [this.#tools.area, this.#tools.device, this.#tools.trouble, h("span", { class: "sp" }), group];
  }

  updateTools() {
    const { hass, choice } = this;
    const { area, device, trouble, group, sign, label } = this.#tools;
    const names = { area: hass.areas[choice.area]?.name, device: hass.devices[choice.device] && deviceName(hass, { id: choice.device }) };
    for (const [key, button] of Object.entries({ area, device })) {
      setText(button, `${names[key] ?? t(hass, `readings.all_${key}s`)} ▾`);
      button.classList.toggle("chosen", names[key] !== undefined);
    }
    setText(trouble, t(hass, "readings.only_trouble"));
    setAttribute(trouble, "aria-pressed", `${choice.filter === "trouble"}`);
    setAttribute(sign, "icon", `mdi:${GROUPS[choice.group]}`);
    setText(label, t(hass, `readings.group.${choice.group}`));
    setAttribute(group, "aria-label", t(hass, `readings.group.${choice.group}`));
  }

  #openFilter(anchor, key) {
    const choices = new Map(this.#rows.filter((row) => row[IDS[key]]).map((row) => [row[IDS[key]], row[key]]));
    const entries = [...choices].sort(([, a], [, b]) => compareNames(a, b));
    const item = ([id, label]) => ({ label, icon: this.choice[key] === id ? "check" : "blank", run: () => this.choose({ [key]: id }) });
    const label = t(this.hass, `readings.all_${key}s`);
    openMenu(anchor, [["", label], ...entries].map(item), { label });
  }

  #openGroups(anchor) {
    const item = ([group, name]) => ({ label: t(this.hass, `readings.group.${group}`), icon: name, run: () => this.choose({ group }) });
    openMenu(anchor, Object.entries(GROUPS).map(item), { label: t(this.hass, "readings.group_by") });
  }

  summary(count, shown) {
    return t(this.hass, "readings.count", { count, shown });
  }
}
