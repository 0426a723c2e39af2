// Readings table: every reading of hosts and things, with search, order and groups.
import { followAlarms } from "./alarms.js";
import { INTEGRATION_PATH, button, h, icon, setAttribute, setText } from "./dom.js";
import { compareNames, deviceName } from "./hosts.js";
import { openMenu } from "./menu.js";
import { alarmsByEntity, groupView, orderOf, readingRows, readingStyles, readingView } from "./reading-cells.js";
import { Table, firstStep } from "./table.js";
import { t } from "./texts.js";

const GROUPS = { area: "floor-plan", device: "devices", none: "format-list-bulleted" };
const IDS = { area: "areaId", device: "deviceId" };

export default class ReadingsTable extends Table {
  kind = "readings";
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
    super(readingStyles);
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
    const { hass } = this;
    const add = h("a.btn.main", { href: INTEGRATION_PATH }, icon("plus"), t(hass, "first.thing.add"));
    const way = hass.user?.is_admin ? h("div.row", add) : h("p.dim", t(hass, "first.ask_admin"));
    return firstStep(hass, "thing", "2", way, "information");
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
      const pick = h("button.pick.wide", { "aria-haspopup": "menu", onclick: () => this.#openFilter(pick, key) });
      return pick;
    };
    const showTrouble = () => this.choose({ filter: this.choice.filter === "trouble" ? "all" : "trouble" });
    const [sign, label] = [icon(GROUPS.area), h("span.wide")];
    const group = button("", () => this.#openGroups(group), [sign, label], { "aria-haspopup": "menu" });
    this.#tools = { area: filterPick("area"), device: filterPick("device"), trouble: h("button.pick.wide", { onclick: showTrouble }), group, sign, label };
    return [this.#tools.area, this.#tools.device, this.#tools.trouble, h("span.sp"), group];
  }

  updateTools() {
    const { hass, choice } = this;
    const { area, device, trouble, group, sign, label } = this.#tools;
    const names = { area: hass.areas[choice.area]?.name, device: hass.devices[choice.device] && deviceName(hass, { id: choice.device }) };
    for (const [key, pick] of Object.entries({ area, device })) {
      setText(pick, `${names[key] ?? t(hass, `readings.all_${key}s`)} ▾`);
      pick.classList.toggle("chosen", names[key] !== undefined);
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
