// Acknowledging, snoozing and maintenance from rows and details: menus, progress, undo, failures.
import { isWaiting } from "./alarms.js";
import { INTEGRATION_PATH, devicePath, navigate } from "./dom.js";
import { DAY_MS, HOUR_MS, until, weekday } from "./formats.js";
import { openForm, openMenu } from "./menu.js";
import { t } from "./texts.js";

const UNDO_MS = 8000;
const MINUTE_MS = 60_000;
const MORNING_HOUR = 7;
const MONDAY = 1;

const morning = (days) => {
  const at = new Date(Date.now() + days * DAY_MS);
  at.setHours(MORNING_HOUR, 0, 0, 0);
  return at;
};

const daysToMonday = () => (MONDAY + 7 - new Date().getDay()) % 7 || 7;

const timeItems = (hass, run) => {
  const monday = morning(daysToMonday());
  const times = [
    [t(hass, "time.minutes_15"), new Date(Date.now() + 15 * MINUTE_MS)],
    [t(hass, "time.hour_1"), new Date(Date.now() + HOUR_MS)],
    [t(hass, "time.hours_4"), new Date(Date.now() + 4 * HOUR_MS)],
    [t(hass, "time.tomorrow"), morning(1)],
    ...(daysToMonday() > 1 ? [[t(hass, "time.until_day", { day: weekday(hass, monday) }), monday]] : []),
  ];
  return times.map(([label, at]) => ({ label, detail: until(hass, at), run: () => run(at) }));
};

const localValue = (at) => new Date(at.getTime() - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);

/** Return the field `until` of a form: a time in the future, at first `at`. */
export const timeField = (label, at) =>
  ({ name: "until", label, type: "datetime-local", required: true, value: localValue(at), min: localValue(new Date(Date.now() + MINUTE_MS)) });

const call = (hass, action, data, target, ...more) => hass.callService("iotbridge", action, data, target, false, ...more);

/** Return a function that changes an alarm; the server knows the rights and records who did it. */
const change = (row, action, data = {}) => (hass) =>
  call(hass, action, { ...data, ...(row.entity_id ? { alarm: [row.entity_id] } : {}) }, { entity_id: row.rule_entity_id });

/** Return a function that shows a rule in Home Assistant's Alerts, or takes it out, and tells whether that changed them. */
const changeAlerts = (row, show) => async (hass) => {
  const { response } = await call(hass, "show_in_alerts", { show }, { entity_id: row.rule_entity_id }, true);
  return response.changed.length > 0;
};

const withComment = (comment) => (comment ? { comment } : {});
const commentField = (hass) => ({ name: "comment", label: t(hass, "action.comment"), type: "textarea" });

export class AlarmActions {
  #statuses = new Map();

  constructor(host) {
    this.host = host;
  }

  /** Return what is going on with an alarm: `{phase: "busy" | "done" | "failed", text, undo, again}` or undefined. */
  status({ id, state, episode }) {
    const status = this.#statuses.get(id);
    const isPast = status?.phase === "failed" && (status.row.state !== state || status.row.episode !== episode);
    return status?.ends > Date.now() && !isPast ? status : undefined;
  }

  /** Perform an action with its status; one that returns false has changed nothing, and cannot be undone. */
  async #run(row, perform, { text, undo } = {}) {
    const set = (status, lasting = Infinity) => {
      this.#statuses.set(row.id, { ...status, row, ends: Date.now() + lasting });
      this.host.changed();
    };
    set({ phase: "busy" });
    let isChanged;
    try {
      isChanged = (await perform(this.host.hass)) !== false;
    } catch (error) {
      set({ phase: "failed", text: error?.message ?? "", again: () => this.#run(row, perform, { text, undo }) });
      return;
    }
    if (!undo) {
      this.#statuses.delete(row.id);
      this.host.changed();
      return;
    }
    set({ phase: "done", text, undo: isChanged && (() => this.#run(row, undo)) }, UNDO_MS);
    setTimeout(() => this.host.changed(), UNDO_MS + 50);
  }

  acknowledge(row, comment) {
    const undo = row.active && change(row, "unacknowledge");
    return this.#run(row, change(row, "acknowledge", withComment(comment)), { text: t(this.host.hass, "action.acknowledged"), undo });
  }

  unacknowledge(row) {
    return this.#run(row, change(row, "unacknowledge"));
  }

  snooze(row, at, comment) {
    const text = t(this.host.hass, "alarm.snoozed_until", { until: until(this.host.hass, at) });
    const data = { until: at.toISOString(), ...withComment(comment) };
    return this.#run(row, change(row, "snooze", data), { text, undo: change(row, "unsnooze") });
  }

  unsnooze(row) {
    return this.#run(row, change(row, "unsnooze"));
  }

  showInAlerts(row) {
    return this.#run(row, changeAlerts(row, true), { text: t(this.host.hass, "action.shown_in_alerts"), undo: changeAlerts(row, false) });
  }

  startMaintenance(row, at) {
    const data = { until: at.toISOString(), name: row.name };
    return this.#run(row, (hass) => call(hass, "maintenance_start", data, { entity_id: row.entity_id ?? row.rule_entity_id }));
  }

  endMaintenance(window) {
    return this.#run(window, (hass) =>
      window.kind === "all"
        ? hass.callService("switch", "turn_off", {}, { entity_id: window.switch }, false)
        : call(hass, "maintenance_end", { window_id: [window.window_id] }));
  }

  /** Start maintenance for a target; Home Assistant itself shows a refusal. */
  openStartMenu(anchor, target) {
    const { hass } = this.host;
    const start = (at) => hass.callService("iotbridge", "maintenance_start", { until: at.toISOString() }, target);
    openMenu(anchor, timeItems(hass, start).slice(1), { title: t(hass, "maintenance.start"), text: t(hass, "maintenance.start_text") });
  }

  openSnoozeMenu(anchor, row) {
    const { hass } = this.host;
    const words = { title: t(hass, "action.snooze"), text: t(hass, "action.snooze_text") };
    const ask = () =>
      openForm(hass, anchor, {
        ...words,
        confirm: words.title,
        icon: "alarm-snooze",
        fields: [timeField(t(hass, "time.until"), morning(1)), commentField(hass)],
        run: ({ until: at, comment }) => this.snooze(row, new Date(at), comment),
      });
    const other = { label: t(hass, "time.other"), icon: "calendar-clock", run: ask };
    openMenu(anchor, [...timeItems(hass, (at) => this.snooze(row, at)), other], words);
  }

  #askComment(anchor, row) {
    const { hass } = this.host;
    const title = t(hass, "action.acknowledge");
    openForm(hass, anchor, {
      title,
      text: t(hass, "action.comment_text"),
      confirm: title,
      icon: "check",
      fields: [commentField(hass)],
      run: ({ comment }) => this.acknowledge(row, comment),
    });
  }

  openMoreMenu(anchor, row, { details, name }) {
    const { hass } = this.host;
    const { can_control: canControl, state, device_id: deviceId } = row;
    const isAdmin = hass.user?.is_admin;
    const item = (isOffered, key, icon, run, detail) => isOffered && { label: t(hass, `action.${key}`), icon, run, detail };
    const maintenance = (key, at) => item(canControl, key, "wrench-clock", () => this.startMaintenance(row, at), until(hass, at));
    openMenu(
      anchor,
      [
        item(details, "details", "chart-line", details),
        item(canControl && isWaiting(row), "with_comment", "comment-check-outline", () => this.#askComment(anchor, row)),
        item(canControl && state === "acknowledged", "take_back", "undo", () => this.unacknowledge(row)),
        item(canControl && state === "acknowledged", "snooze_menu", "alarm-snooze", () => this.openSnoozeMenu(anchor, row)),
        item(canControl && state === "snoozed", "take_back_snooze", "undo", () => this.unsnooze(row)),
        maintenance("maintenance_hour", new Date(Date.now() + HOUR_MS)),
        maintenance("maintenance_tomorrow", morning(1)),
        item(deviceId, "device", "devices", () => navigate(devicePath(deviceId))),
        item(isAdmin && row.rule_entity_id, "show_in_alerts", "shield-alert", () => this.showInAlerts(row)),
        item(isAdmin, "change_rule", "cog", () => navigate(INTEGRATION_PATH)),
      ],
      { label: t(hass, "action.more", { name }) },
    );
  }
}
