// Actions of a host. Those that stop it stand apart, and each has its question.
import { INTEGRATION_PATH, devicePath, navigate } from "./dom.js";
import { listOf } from "./formats.js";
import { canBeWoken } from "./hosts.js";
import { openForm, openMenu } from "./menu.js";
import { t } from "./texts.js";

export const POWER_ICONS = { reboot: "restart", shutdown: "power", suspend: "power-sleep", wake: "play" };
export const CUSTOM_ICON = "play-circle-outline";

export const openActions = (table, anchor, row) => {
  const { hass } = table;
  const item = (key, icon, run) => ({ label: t(hass, key), icon, run });
  const { commands } = row.host;
  const stopping = commands.filter(isStopping);
  const isOn = row.state === "on";
  openMenu(
    anchor,
    [
      item("fleet.menu.device", "open-in-app", () => navigate(devicePath(row.id))),
      isOn && commands.includes("status") && item("fleet.menu.refresh", "refresh", () => send(table, row, "status")),
      row.host.canControl && item("fleet.menu.maintenance", "wrench", () => startMaintenance(table, row)),
      hass.user?.is_admin && item("fleet.menu.watch", "bell-plus", () => navigate(INTEGRATION_PATH)),
      table.hideItem(row.id),
      isOn && stopping.length && item("fleet.menu.power", "power", () => openCommands(table, anchor, row, stopping)),
      canBeWoken(row.state) && commands.includes("wake") && commandItem(table, anchor, row, "wake"),
    ],
    { title: row.name, text: refusal(hass, row.host) },
  );
};

/** Return whether a command is none of the harmless ones. */
export const isStopping = (command) => command !== "status" && command !== "wake";

/** Return the action that a command is, and its data. */
export const actionOf = (command) => (command === "wake" ? ["wake", {}] : ["send_command", { command }]);

export const refusal = (hass, { whoCan }) =>
  whoCan ? t(hass, "fleet.no_right", { who: listOf(hass, whoCan, "disjunction") }) : "";

/** Open the commands that stop a host or run a program: none is beside a harmless one. */
const openCommands = (table, anchor, row, commands) => {
  openMenu(anchor, commands.map((command) => commandItem(table, anchor, row, command)), { title: row.name });
};

const commandItem = (table, anchor, row, command) => {
  const { hass } = table;
  const icon = POWER_ICONS[command] ?? CUSTOM_ICON;
  const isBad = command in POWER_ICONS && isStopping(command);
  const ask = () => openForm(hass, anchor, { ...question(hass, row, command), icon, isBad, run: () => send(table, row, command) });
  return { label: `${commandName(hass, row, command)}…`, icon, run: ask };
};

const commandName = (hass, { host }, command) =>
  command in POWER_ICONS ? t(hass, `fleet.command.${command}`) : (hass.entities[host.entities[`command_${command}`]]?.name ?? command);

export const question = (hass, row, command) => {
  const kind = command in POWER_ICONS ? command : "custom";
  const confirm = commandName(hass, row, command);
  const values = { host: row.name, command: confirm };
  return { title: t(hass, `fleet.ask.${kind}`, values), text: t(hass, `fleet.cost.${kind}`, values), confirm };
};

const send = async (table, row, command) => {
  const { hass } = table;
  const values = { command: command === "status" ? t(hass, "fleet.menu.refresh") : commandName(hass, row, command) };
  table.showAnswer(row.id, t(hass, "fleet.answer.sent", values));
  try {
    const [action, data] = actionOf(command);
    const { response } = await hass.callService("iotbridge", action, { ...data, raise_on_failure: false }, { device_id: row.id }, false, true);
    const [{ status, message }] = response.results;
    const text = t(hass, `fleet.answer.${status}`, values);
    table.showAnswer(row.id, message ? `${text} (${message})` : text);
  } catch (error) {
    table.showAnswer(row.id, t(hass, "fleet.answer.not_sent", { ...values, error: error?.message ?? "" }));
  }
};

const startMaintenance = async (table, row) => {
  const { hass } = table;
  try {
    await hass.callService("iotbridge", "maintenance_start", { duration: "01:00:00", name: row.name }, { device_id: row.id }, false);
    table.showAnswer(row.id, t(hass, "fleet.answer.maintenance"));
  } catch (error) {
    table.showAnswer(row.id, error?.message ?? "");
  }
};
