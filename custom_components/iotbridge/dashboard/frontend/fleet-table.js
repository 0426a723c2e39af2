// Fleet table: one row for each host, worst first.
import { followAlarms } from "./alarms.js";
import { button, devicePath, h, icon, setAttribute, setText } from "./dom.js";
import { fleetStyles, hostView } from "./fleet-cells.js";
import { openActions } from "./fleet-menu.js";
import { DAY_MS, HOUR_MS, age, secondsSince } from "./formats.js";
import { HostRow, METERS, alarmsOfHosts, areaOf, sorted } from "./hosts.js";
import { fetchHistory } from "./stores.js";
import { Table, firstStep } from "./table.js";
import { GUIDES, t } from "./texts.js";

const ANSWER_MS = 12_000;
const AGENT = "sudo pipx install --global ./agent\nsudo iotbridge-agent setup";
const FILTERS = { all: () => true, trouble: (row) => row.isTrouble, away: (row) => row.isAway };

export default class FleetTable extends Table {
  kind = "fleet";
  hiddenList = "hidden_hosts";
  beats = null;
  columns = [
    { name: "name" },
    ...Object.keys(METERS).map((name) => ({ name, class: "meter" })),
    { name: "last_24_hours", class: "b24", isSortable: false },
    { name: "up", class: "up" },
    { name: "seen", class: "seen" },
    { name: "more", class: "menu", isSortable: false },
  ];

  #rows = [];
  #source = [];
  #alarms = alarmsOfHosts([]);
  #beatsAt = 0;
  #answers = new Map();
  #tools = {};

  constructor() {
    super(fleetStyles);
  }

  subscribe() {
    const receive = ({ rows }) => {
      this.#alarms = alarmsOfHosts(rows.values());
      this.changed();
    };
    this.onEnd(followAlarms(this.hass, receive));
  }

  rows(inventory) {
    const { hass, config } = this;
    if (this.#source[0] !== inventory || this.#source[1] !== config.area_id) {
      this.#source = [inventory, config.area_id];
      const hosts = inventory.hosts.filter((host) => !config.area_id || areaOf(hass, host) === config.area_id);
      this.#rows = hosts.map((host) => new HostRow(host));
      this.#beatsAt = 0;
      this.sortNow();
    }
    for (const row of this.#rows) {
      const before = [row.isTrouble, row.isAway, row.name].join();
      row.seen = this.inventory.seen[row.id];
      if (row.read(hass, this.#alarms) && before !== [row.isTrouble, row.isAway, row.name].join()) this.isStale = true;
    }
    if (Date.now() - this.#beatsAt > HOUR_MS) this.#loadBeats();
    return this.#rows;
  }

  async #loadBeats() {
    this.#beatsAt = Date.now();
    const entities = this.#rows.map(({ host }) => host.entities.power_state).filter(Boolean);
    // Without the history, or a right to it, the column says that nothing is known.
    this.beats = await fetchHistory(this.hass, entities, Date.now() - DAY_MS).catch(() => null);
    this.changed();
  }

  isEmpty({ hosts }) {
    return hosts.length === 0;
  }

  empty() {
    const { hass } = this;
    const code = h("code", { tabindex: "0" }, AGENT);
    const label = h("span", t(hass, "first.copy"));
    const copy = async () => {
      try {
        await navigator.clipboard.writeText(AGENT);
        setText(label, t(hass, "first.copied"));
      } catch {
        getSelection().selectAllChildren(code); // without HTTPS a page may not write to the clipboard
      }
    };
    const guide = { class: "btn", href: `${GUIDES}/hosts.md`, target: "_blank", rel: "noreferrer" };
    const buttons = h("div.row", button("main", copy, [icon("content-copy"), label]), h("a", guide, t(hass, "first.other_ways")));
    return firstStep(hass, "host", "1", [code, buttons], "progress-clock");
  }

  get isLive() {
    return this.choice.column !== "name";
  }

  arrange(rows) {
    return sorted(rows, this.choice.column, this.choice.sign);
  }

  /** Numbers are sorted from the highest at first. */
  firstSign(column) {
    return column === "name" ? 1 : -1;
  }

  isShown(row) {
    return FILTERS[this.choice.filter](row) && (!this.search || `${row.name} ${this.noteOf(row)}`.toLowerCase().includes(this.search));
  }

  kindOf(row) {
    return row.isQuiet ? "quiet" : "full";
  }

  view(row) {
    return hostView(this, row);
  }

  createTools() {
    const pick = (name) => h("button.pick.wide", { onclick: () => this.choose({ filter: name }) });
    const picks = Object.keys(FILTERS).map((name) => [name, pick(name)]);
    const label = h("span");
    const sort = button("", () => this.openSortMenu(sort), [icon("sort-variant"), label], { "aria-haspopup": "menu" });
    this.#tools = { picks, label };
    return [picks.map(([, button]) => button), h("span.sp"), sort];
  }

  updateTools(rows) {
    for (const [name, pick] of this.#tools.picks) {
      setText(pick, t(this.hass, `fleet.filter.${name}`, { count: rows.filter(FILTERS[name]).length }));
      setAttribute(pick, "aria-pressed", `${name === this.choice.filter}`);
    }
    setText(this.#tools.label, t(this.hass, `fleet.${this.choice.column || "natural"}`));
  }

  summary(count) {
    return t(this.hass, "fleet.count", { count });
  }

  pathOf(id) {
    return this.config.host_path?.replace("{id}", id) ?? devicePath(id);
  }

  answerOf(id) {
    return this.#answers.get(id);
  }

  showAnswer(id, text) {
    this.#answers.set(id, text);
    this.changed();
    setTimeout(() => {
      if (this.#answers.get(id) === text) this.#answers.delete(id);
      this.changed();
    }, ANSWER_MS);
  }

  noteOf(row) {
    const word = row.state === "unknown" || row.state === "starting" ? t(this.hass, `fleet.state.${row.state}`) : this.hass.formatEntityState(row.states[0]);
    const detail = this.#answers.get(row.id) ?? this.#detailOf(row);
    return detail ? `${word} · ${detail}` : word;
  }

  #detailOf(row) {
    const { hass } = this;
    const [power, , reboot] = row.states;
    if (row.alarm?.isInMaintenance) return t(hass, "fleet.in_maintenance");
    if (row.state === "on") return reboot?.state === "on" ? t(hass, "fleet.reboot_required") : hass.devices[row.id]?.sw_version;
    if (row.state !== "lost") return "";
    const since = age(hass, secondsSince(power.last_changed));
    const count = row.alarm?.behind;
    return count ? `${since}, ${t(hass, "fleet.behind", { count })}` : since;
  }

  openActions(anchor, id) {
    const row = this.#rows.find((candidate) => candidate.id === id);
    openActions(this, anchor, row);
  }
}
