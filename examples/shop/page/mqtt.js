// Client of MQTT 5 over a websocket: publishes with QoS 1, subscribes, and connects again by itself.

const CONNECT = 0x10, CONNACK = 2, PUBLISH = 3, PUBACK = 4, SUBSCRIBE = 0x82, PING = 0xc0;
const DUPLICATE = 0x08, QOS_1 = 0x02, RETAIN = 0x01;
const CONTENT_TYPE = 0x03, USER_PROPERTY = 0x26;
const KEEP_ALIVE_S = 30, RECONNECT_MS = 1000, MAX_RECONNECT_MS = 15000;
const encoder = new TextEncoder(), decoder = new TextDecoder();

const int16 = (value) => [value >> 8, value & 0xff];
const bytes = (value) => [...int16(value.length), ...value];
const text = (value) => bytes(encoder.encode(value));

function variableLength(value) {
  const digits = [];
  do {
    digits.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value >>>= 7;
  } while (value > 0);
  return digits;
}

const packet = (first, body) => Uint8Array.from([first, ...variableLength(body.length), ...body]);

/** Returns the number that begins at a position, and the position behind it; nothing while it is incomplete. */
function readVariableLength(data, at) {
  for (let value = 0, shift = 0; at < data.length; shift += 7) {
    value |= (data[at] & 0x7f) << shift;
    if (!(data[at++] & 0x80)) return { value, at };
  }
  return undefined;
}

/** Client of one broker. Listeners: `onState(isConnected, refusal)`, `onMessage(topic, payload)`, `onWaiting(count)`. */
export class MqttClient {
  #options;
  #socket;
  #received = new Uint8Array();
  #waiting = new Map();
  #lastId = 0;
  #pause = RECONNECT_MS;
  #ping;
  #isConnected = false;
  #isClosed = false;

  /** Options: url, user, password, clientId, filters, and the listeners. */
  constructor(options) {
    this.#options = options;
    this.#open();
  }

  /** Publishes with QoS 1; what the broker does not acknowledge is sent again after each reconnect. */
  publish(topic, payload, { retain = false, contentType = "", userProperties = {} } = {}) {
    do this.#lastId = (this.#lastId % 0xffff) + 1;
    while (this.#waiting.has(this.#lastId));
    const properties = contentType ? [CONTENT_TYPE, ...text(contentType)] : [];
    for (const [name, value] of Object.entries(userProperties)) {
      properties.push(USER_PROPERTY, ...text(name), ...text(value));
    }
    const body = [...text(topic), ...int16(this.#lastId), ...variableLength(properties.length), ...properties];
    const message = packet((PUBLISH << 4) | QOS_1 | (retain ? RETAIN : 0), [...body, ...encoder.encode(payload)]);
    this.#waiting.set(this.#lastId, message);
    this.#options.onWaiting(this.#waiting.size);
    this.#send(message);
  }

  /** Disconnects for good. */
  close() {
    this.#isClosed = true;
    this.#socket.close();
  }

  #open() {
    this.#received = new Uint8Array();
    const socket = (this.#socket = new WebSocket(this.#options.url, "mqtt"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      const { clientId, user, password } = this.#options;
      const flags = 0xc2; // user name, password, clean start
      const properties = 0;
      const head = [...text("MQTT"), 5, flags, ...int16(KEEP_ALIVE_S), properties];
      socket.send(packet(CONNECT, [...head, ...text(clientId), ...text(user), ...text(password)]));
    };
    socket.onmessage = ({ data }) => this.#receive(new Uint8Array(data));
    socket.onclose = () => {
      clearInterval(this.#ping);
      this.#isConnected = false;
      if (this.#isClosed) return;
      this.#options.onState(false);
      setTimeout(() => this.#open(), this.#pause);
      this.#pause = Math.min(2 * this.#pause, MAX_RECONNECT_MS);
    };
  }

  #send(data) {
    if (this.#isConnected) this.#socket.send(data);
  }

  /** A frame may hold a part of a packet, or several. */
  #receive(data) {
    const all = new Uint8Array(this.#received.length + data.length);
    all.set(this.#received);
    all.set(data, this.#received.length);
    let start = 0;
    for (;;) {
      const length = readVariableLength(all, start + 1);
      if (!length || length.at + length.value > all.length) break;
      this.#handle(all[start], all.subarray(length.at, length.at + length.value));
      start = length.at + length.value;
    }
    this.#received = all.slice(start);
  }

  #handle(first, body) {
    const kind = first >> 4;
    if (kind === CONNACK) this.#connected(body[1]);
    else if (kind === PUBLISH) this.#message(first, body);
    else if (kind === PUBACK) {
      this.#waiting.delete((body[0] << 8) | body[1]);
      this.#options.onWaiting(this.#waiting.size);
    }
  }

  #connected(reason) {
    if (reason !== 0) {
      this.close();
      this.#options.onState(false, reason);
      return;
    }
    this.#isConnected = true;
    this.#pause = RECONNECT_MS;
    this.#ping = setInterval(() => this.#send(Uint8Array.from([PING, 0])), (KEEP_ALIVE_S * 1000) / 2);
    const filters = this.#options.filters.flatMap((filter) => [...text(filter), 1]);
    this.#send(packet(SUBSCRIBE, [...int16(1), 0, ...filters]));
    for (const message of this.#waiting.values()) {
      this.#send(message.with(0, message[0] | DUPLICATE));
    }
    this.#options.onState(true);
  }

  #message(first, body) {
    const topicLength = (body[0] << 8) | body[1];
    const topic = decoder.decode(body.subarray(2, 2 + topicLength));
    const hasId = (first & 0x06) !== 0;
    const id = body.subarray(2 + topicLength, 4 + topicLength);
    const properties = readVariableLength(body, 2 + topicLength + (hasId ? 2 : 0));
    this.#options.onMessage(topic, decoder.decode(body.subarray(properties.at + properties.value)));
    if (hasId) this.#send(Uint8Array.from([PUBACK << 4, 2, ...id]));
  }
}
