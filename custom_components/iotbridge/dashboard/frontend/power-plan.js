// Card of a power plan: what happens now, its timeline, and what happened.
import { INTEGRATION_PATH, LiveElement, bones, button, h, icon, note, openMoreInfo, renderOnce, setText, sheet } from "./dom.js";
import { clock, countdown, listOf, moment, secondsSince } from "./formats.js";
import { openForm } from "./menu.js";
import { createTimeline, isAtWork, isFailed, isOff, isToCome, length, rowsOf, rowsOfReport, stateOf, timelineStyles } from "./plan-timeline.js";
import { follow, inventoryOf } from "./stores.js";
import { t } from "./texts.js";

const UNITS_S = { s: 1, min: 60, h: 3600 };
const SECONDS = { second: "2-digit" };
const DIRECTIONS = { off: "power", on: "play" };
const MAX_EARLIER = 10;
const OUTCOME_LOOKS = { completed: "good", failed: "crit" };
const LOOKS = { off: "bad", on: "main" };
const EVENT_LOOKS = { step_done: "good", power_back: "good", step_failed: "crit", power_lost: "crit", stop_sent: "info", start_sent: "info", services_sent: "info", responded: "info" };

const styles = sheet(`
.head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; padding: 0 4px 12px } .head h2 { font-size: 28px; line-height: 36px; font-weight: 700; flex: 1; min-width: min(100%, 260px); overflow-wrap: anywhere }
.badges { display: flex; flex-wrap: wrap; gap: 8px } .badges button { display: inline-flex; align-items: center; gap: 8px; min-height: 44px; padding: 0 12px; border-radius: 22px; font-size: 12px; font-weight: 500; background: var(--surface); border: 1px solid var(--divider-color) }
.badges ha-icon { --mdc-icon-size: 18px; color: var(--calm) } .badges .cut ha-icon { color: var(--crit) }
ha-card + ha-card, .picks + ha-card { margin-top: 8px } .act { display: flex; flex-wrap: wrap; align-items: center; gap: 12px; padding: 12px 16px; min-height: 72px } .act > ha-icon { --mdc-icon-size: 32px; color: var(--calm) } .act.busy > ha-icon { color: var(--note) } .act.bad > ha-icon { color: var(--crit) }
.act > div { flex: 1; min-width: min(100%, 240px) } .act b { display: block; font-size: 16px; line-height: 22px; font-weight: 500 } .act p { line-height: 20px; color: var(--secondary-text-color) } .act > span { display: flex; flex-wrap: wrap; gap: 8px }
.picks { display: flex; flex-wrap: wrap; align-items: center; padding: 8px 0 0 } .pick { min-height: 44px; padding: 0 12px; border-radius: 22px; font-weight: 500; font-size: 13px; color: var(--secondary-text-color) } .pick[aria-pressed=true] { background: color-mix(in srgb, var(--primary-color) 20%, transparent); color: var(--primary-text-color) }
:not(:first-child) > .heading { padding-top: 24px } .log { padding: 12px 16px 4px } .log li { position: relative; padding: 0 0 12px 28px; line-height: 20px; display: flex; gap: 12px } .log time { margin-left: auto; color: var(--secondary-text-color); font-size: 12px; white-space: nowrap } .log b { font-weight: 500 } .log span { overflow-wrap: anywhere; min-width: 0 }
.log li::before { content: ""; position: absolute; left: 5px; top: 5px; width: 10px; height: 10px; border-radius: 50%; background: var(--d, var(--secondary-text-color)) } .log li:not(:last-child)::after { content: ""; position: absolute; left: 9px; top: 15px; bottom: -5px; border-left: 2px solid var(--divider-color) }
.log .good { --d: var(--success-color) } .log .crit { --d: var(--crit) } .log .info { --d: var(--note) }
.void { display: grid; gap: 12px; justify-items: start; padding: 24px 16px } .void b { font-size: 16px; font-weight: 500 } .void a { text-decoration: none }
`);

/** Return the message of an action that failed, in the language of the user. */
const refusalText = async (hass, { message, translation_domain: domain, translation_key: key, translation_placeholders: values }) => {
  const localize = key && (await hass.loadBackendTranslation("exceptions", domain).catch(() => null));
  return (localize && localize(`component.${domain}.exceptions.${key}.message`, values)) || message || "";
};

const namesOf = (hass, rows) => listOf(hass, rows.map(({ name }) => name));

const isAborted = (run) => run.report.events.some(({ kind }) => kind === "aborted");

/** Return the icon, the sentence and its detail about what happens now. */
const activity = (hass, { run, last_report: last }, rows) => {
  if (!run) return lastRun(hass, last);
  const working = rows.filter(isAtWork);
  const [row] = working.length ? working : rows.filter(isToCome);
  const isPause = run.phase === "stopped" || run.phase === "returning";
  const failed = run.phase === "stopped" ? rows.filter(isFailed) : [];
  if (!row || (isPause && !working.length)) {
    if (failed.length) return { icon: "alert", look: "bad", text: t(hass, "plan.phase.failed", { names: namesOf(hass, failed) }) };
    return { icon: "timer-sand", look: "busy", text: t(hass, `plan.phase.${run.phase}`) };
  }
  const values = { index: rows.indexOf(row) + 1, count: rows.length, name: row.name };
  const [bar] = row.bars;
  const time = bar && { time: length(hass, (bar.to - bar.from) / 1000), limit: row.deadline && length(hass, (row.deadline - bar.from) / 1000) };
  const others = working.slice(1);
  const detail = [
    bar && row.deadline && t(hass, `plan.then.${row.on_failure}`),
    others.length && t(hass, "plan.also", { names: namesOf(hass, others) }),
    isAborted(run) ? t(hass, "plan.ask.abort_text") : run.report.cause === "ups" && run.phase === "stopping" && t(hass, "plan.when_back"),
  ];
  return { icon: "progress-clock", look: "busy", text: t(hass, `plan.now.${row.state}`, { ...values, ...time }), detail: detail.filter(Boolean).join(" ") };
};

const lastRun = (hass, last) => {
  if (!last) return { icon: "playlist-check", text: t(hass, "plan.never") };
  const isBad = last.outcome === "failed";
  return { icon: isBad ? "alert" : "history", look: isBad ? "bad" : "", text: t(hass, "plan.last", { run: summary(hass, last) }), detail: beginning(hass, last) };
};

const summary = (hass, { started_at: at, duration_s: seconds, failed, outcome }) =>
  t(hass, `plan.outcome.${outcome}`, { when: moment(hass, at), duration: length(hass, seconds ?? 0), names: listOf(hass, failed) });

const beginning = (hass, { cause, direction, started_by: who }) => {
  if (cause === "ups") return t(hass, "plan.began.ups");
  return who ? t(hass, `plan.began.${direction}_by`, { who }) : t(hass, `plan.began.${direction}`);
};

/** Return an event of a run as a sentence. */
const sentence = (hass, report, { kind, step: name, state, reason, message }) => {
  if (kind === "started") return beginning(hass, report);
  if (kind === "finished") return t(hass, `plan.ended.${state}`);
  if (kind === "aborted") return message ? t(hass, "plan.event.aborted_by", { who: message }) : t(hass, "plan.event.aborted");
  if (!name) return t(hass, `plan.event.${kind}`);
  const step = report.steps.find((candidate) => candidate.name === name);
  const seconds = state === "off" ? step?.off_s : state === "on" ? step?.on_s : null;
  if (kind === "step_done" && seconds !== null && seconds !== undefined) return t(hass, `plan.event.${state}_after`, { name, duration: length(hass, seconds) });
  const text = kind.startsWith("step_") ? stateOf(hass, { state, reason, message }) : t(hass, `plan.event.${kind}`);
  return t(hass, "plan.event.of", { name, text });
};

export default class PowerPlan extends LiveElement {
  #state = {};
  #source = [];
  #unfollow = null;
  #clock = 0;
  #form = null;
  #parts = {};
  #shown = null;
  #dryRun = null;
  #problem = "";
  #said = null;
  #rows = [];

  constructor() {
    super(timelineStyles, styles);
  }

  disconnected() {
    this.#unfollow?.();
    this.#source = [];
    this.#setClock(false);
  }

  #follow() {
    const { hass, config } = this;
    const source = [hass.connection, config.plan];
    if (source.every((value, index) => value === this.#source[index])) return;
    this.#source = source;
    this.#unfollow?.();
    const receive = (state) => {
      this.#state = state;
      this.changed();
    };
    const failed = (error) => receive(error.code === "not_found" ? { plan: null } : { error });
    this.#unfollow = follow(hass.connection, { type: "iotbridge/power_plans/follow", entity_id: config.plan }, receive, failed);
  }

  /** Time passes in the page only while something happens. */
  #setClock(isMoving) {
    if (Boolean(this.#clock) === isMoving) return;
    clearInterval(this.#clock);
    this.#clock = isMoving ? setInterval(() => document.visibilityState === "visible" && this.changed(), 1000) : 0;
  }

  update() {
    this.#follow();
    const { hass } = this;
    const { plan, error } = this.#state;
    this.#setClock(Boolean(plan && (plan.run || plan.ups?.is_on_battery)));
    const { show } = this.config;
    if (!plan && show === "log") this.#replace("nothing", () => []);
    else if (error) this.#replace("failed", () => h("ha-card", note("alert", t(hass, "board.not_running"))));
    else if (plan === undefined) this.#replace("loading", () => h("ha-card", { "aria-busy": "true" }, bones(t(hass, "board.loading"))));
    else if (!plan) this.#replace("empty", () => this.#empty());
    else this.#updatePlan(plan);
  }

  #replace(form, create) {
    const name = `${form} ${this.hass.locale.language}`;
    if (this.#form === name) return;
    this.#form = name;
    this.shadowRoot.replaceChildren(...[create()].flat());
  }

  #empty() {
    const { hass } = this;
    const add = hass.user?.is_admin && h("a.btn.main", { href: INTEGRATION_PATH }, icon("plus"), t(hass, "plan.add"));
    return h("ha-card", h("div.void", h("b", t(hass, "plan.none")), h("p", t(hass, "plan.none_text")), add || h("p.dim", t(hass, "plan.ask_admin"))));
  }

  #create() {
    const timeline = createTimeline();
    const parts = {
      name: h("h2"), badges: h("div.badges"), notes: h("div", { role: "status" }), act: h("div.act"), sign: icon("history"), text: h("b"), detail: h("p"), buttons: h("span"),
      problem: h("div", { role: "alert" }), picks: h("div.picks"), timeline, heading: h("h2"), log: h("ul.log"), earlierHeading: h("h2"), runs: h("ul.log"), live: h("div.sr", { role: "status", "aria-live": "polite" }),
    };
    parts.act.append(parts.sign, h("div", parts.text, parts.detail), parts.buttons);
    parts.happened = h("div", h("div.heading", icon("format-list-bulleted-type"), parts.heading), h("ha-card", parts.log));
    parts.earlier = h("div", h("div.heading", icon("history"), parts.earlierHeading), h("ha-card", parts.runs));
    this.#parts = parts;
    this.#said = null;
    const { show } = this.config;
    const now = [h("div.head", parts.name, parts.badges), h("ha-card", parts.notes, parts.act, parts.problem), parts.picks, timeline.element, parts.live];
    return [...(show === "log" ? [] : now), ...(show === "timeline" ? [] : [parts.happened, parts.earlier])];
  }

  #updatePlan(plan) {
    this.#replace("plan", () => this.#create());
    const { hass } = this;
    const { run, last_report: last, expected } = plan;
    const parts = this.#parts;
    const now = Date.now();
    if (run) [this.#shown, this.#dryRun] = [null, null];
    const shown = this.#shown ?? (last ? "last" : "off");
    const rows = run ? rowsOf(run.timeline, now)
      : shown === "last" ? rowsOfReport(last, expected.off)
      : rowsOf(this.#dryRun ?? expected[shown], now);
    setText(parts.name, plan.name);
    this.#updateBadges(plan);
    this.#updateNotes();
    const what = activity(hass, plan, rows);
    parts.act.className = `act ${what.look ?? ""}`;
    parts.sign.setAttribute("icon", `mdi:${what.icon}`);
    setText(parts.text, what.text);
    setText(parts.detail, what.detail ?? "");
    this.#updateButtons(plan, rows);
    this.#updatePicks(plan, shown, rows);
    parts.timeline.update(hass, rows, run ? now : null, Boolean(run) || shown === "last");
    this.#updateLog(run ? run.report : shown === "last" ? last : null);
    this.#updateEarlier(plan.reports.slice(run ? 0 : 1, MAX_EARLIER + 1));
    // The seconds are not announced.
    const said = run ? rows.filter(isAtWork).map((row) => `${row.name}: ${stateOf(hass, row)}`).join(", ") || what.text : what.text;
    if (this.#said !== null && said !== this.#said) setText(parts.live, said);
    this.#said = said;
  }

  #updateBadges({ ups }) {
    const { hass } = this;
    const badge = (id, sign, text, look = "") => id && text && [id, sign, text, look];
    const state = (id) => hass.states[id] && hass.formatEntityState(hass.states[id]);
    const since = ups?.on_battery_since ?? null;
    const badges = ups ? [
      badge(ups.entity_id, "transmission-tower", since ? t(hass, "plan.ups.battery", { time: countdown(secondsSince(since)) }) : ups.is_on_battery === false && t(hass, "plan.ups.mains"), since ? "cut" : ""),
      badge(ups.battery_entity_id, "battery-70", state(ups.battery_entity_id)),
      badge(ups.runtime_entity_id, "clock-outline", this.#runtime(ups.runtime_entity_id)),
    ].filter(Boolean) : [];
    renderOnce(this.#parts.badges, badges.map(([id, sign, , look]) => [id, sign, look]), () =>
      badges.map(([id, sign, , look]) => h("button", { class: look, onclick: () => openMoreInfo(this, id) }, icon(sign), h("span.num"))));
    badges.forEach(([, , text], index) => setText(this.#parts.badges.children[index].lastChild, text));
  }

  #runtime(id) {
    const { hass } = this;
    const state = hass.states[id];
    if (!state) return "";
    const unit = UNITS_S[state.attributes.unit_of_measurement];
    return unit && Number.isFinite(Number(state.state)) ? t(hass, "plan.ups.left", { time: length(hass, Math.round((state.state * unit) / 60) * 60) }) : hass.formatEntityState(state);
  }

  #updateNotes() {
    const { hass } = this;
    const isLost = hass.connected === false;
    const isAway = !isLost && !inventoryOf(hass).broker;
    renderOnce(this.#parts.notes, [isLost, isAway], () => [
      isLost && note("lan-disconnect", t(hass, "board.disconnected")),
      isAway && note("lan-disconnect", t(hass, "plan.broker_away")),
    ]);
    renderOnce(this.#parts.problem, [this.#problem], () => this.#problem && note("alert", this.#problem));
  }

  #updateButtons({ name, run }, rows) {
    const { hass } = this;
    const isAdmin = Boolean(hass.user?.is_admin);
    const canAbort = run && !isAborted(run);
    renderOnce(this.#parts.buttons, [Boolean(run), canAbort, isAdmin, name], () => {
      if (!isAdmin) return h("span.dim", this.#refusal());
      if (run && !canAbort) return null;
      if (run) return button("bad", (event) => this.#askToAbort(event.currentTarget), [icon("stop-circle"), t(hass, "plan.stop_here")], { "aria-haspopup": "dialog" });
      const ask = (direction) => (event) => this.#askToRun(event.currentTarget, direction);
      const label = (direction) => [icon(DIRECTIONS[direction]), t(hass, `plan.run.${direction}`)];
      return Object.keys(DIRECTIONS).map((direction) => button(LOOKS[direction], ask(direction), label(direction), { "aria-haspopup": "dialog" }));
    });
    this.#rows = rows;
  }

  #refusal() {
    const { value } = inventoryOf(this.hass);
    const who = value?.hosts.find((host) => host.whoCan?.length)?.whoCan;
    return who ? t(this.hass, "plan.no_right", { who: listOf(this.hass, who, "disjunction") }) : t(this.hass, "plan.no_right_admin");
  }

  #askToRun(anchor, direction) {
    const { hass } = this;
    const { name, expected } = this.#state.plan;
    const rows = expected[direction].filter(isToCome);
    const text = rows.length ? t(hass, `plan.ask.${direction}_text`, { names: namesOf(hass, rows) }) : t(hass, `plan.ask.${direction}_nothing`);
    const run = () => this.#call("run_plan", { direction });
    openForm(hass, anchor, { title: t(hass, `plan.ask.${direction}`, { name }), text, confirm: t(hass, `plan.direction.${direction}`), icon: DIRECTIONS[direction], isBad: direction === "off", run });
  }

  #askToAbort(anchor) {
    const { hass } = this;
    const off = this.#rows.filter(isOff);
    const text = [t(hass, "plan.ask.abort_text"), off.length ? t(hass, "plan.ask.abort_off", { names: namesOf(hass, off) }) : ""].join(" ");
    openForm(hass, anchor, { title: t(hass, "plan.ask.abort", { name: this.#state.plan.name }), text, confirm: t(hass, "plan.stop_here"), icon: "stop-circle", isBad: true, run: () => this.#call("abort_plan") });
  }

  async #call(action, data = {}) {
    const { hass } = this;
    this.#problem = "";
    try {
      const { response } = await hass.callService("iotbridge", action, { plan: this.#state.plan.entity_id, ...data }, {}, false, true);
      return response;
    } catch (error) {
      this.#problem = t(hass, "plan.not_done", { error: await refusalText(hass, error) });
      return null;
    } finally {
      this.changed();
    }
  }

  #updatePicks({ run, last_report: last, expected }, shown, rows) {
    const { hass } = this;
    const { picks } = this.#parts;
    picks.hidden = Boolean(run);
    const names = [...(last ? ["last"] : []), ...Object.keys(DIRECTIONS)];
    renderOnce(picks, names, () => [
      ...names.map((name) => h("button.pick", { onclick: () => this.#show(name) }, t(hass, `plan.pick.${name}`))),
      h("span.dim", { role: "status" }),
    ]);
    names.forEach((name, index) => picks.children[index].setAttribute("aria-pressed", `${name === shown}`));
    const ends = rows.flatMap(({ bars }) => bars.map(({ to }) => to));
    const count = rows.filter(isToCome).length;
    const seconds = (Math.max(...ends) - Math.min(...rows.flatMap(({ bars }) => bars.map(({ from }) => from)))) / 1000;
    const isDryRun = expected && shown !== "last";
    setText(picks.lastChild, isDryRun ? (count ? t(hass, "plan.dry_run", { count, time: length(hass, seconds) }) : t(hass, `plan.ask.${shown}_nothing`)) : "");
  }

  async #show(name) {
    this.#shown = name;
    this.#dryRun = null;
    this.changed();
    if (name === "last" || !this.hass.user?.is_admin) return;
    const response = await this.#call("run_plan", { direction: name, dry_run: true });
    if (response && this.#shown === name) this.#dryRun = response.timeline;
  }

  #updateLog(report) {
    const { hass } = this;
    const { happened, heading, log } = this.#parts;
    happened.hidden = !report && this.config.show !== "log";
    setText(heading, t(hass, "info.chain"));
    if (!report) renderOnce(log, [hass.locale], () => h("li", t(hass, "plan.never")));
    else renderOnce(log, [report.events, hass.locale], () => report.events.map((event) =>
      h("li", { class: EVENT_LOOKS[event.kind] }, h("span", sentence(hass, report, event)), h("time", { class: "num", datetime: event.at }, clock(hass, event.at, SECONDS)))));
  }

  #updateEarlier(reports) {
    const { hass } = this;
    const { earlier, earlierHeading, runs } = this.#parts;
    earlier.hidden = !reports.length;
    setText(earlierHeading, t(hass, "plan.earlier"));
    renderOnce(runs, [reports, hass.locale], () => reports.map((report) =>
      h("li", { class: OUTCOME_LOOKS[report.outcome] }, h("span", h("b", summary(hass, report)), ` · ${beginning(hass, report)}`))));
  }
}
