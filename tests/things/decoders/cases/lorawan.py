"""Uplinks in the envelopes of LoRaWAN network servers."""

from custom_components.iotbridge.things.model.message import DeviceMetadata, ProblemKind

from .case import ENCODED_DATA, Case

LORAWAN = (
    # https://support.milesight-iot.com/en/support/solutions/articles/73000600064
    Case(
        name="milesight without codec",
        payload=b'{"applicationID":"1","applicationName":"cloud","data":"A2fqAARoTwUAAA==","devEUI":"24e124136b502217",'
        b'"deviceName":"EM300-TH","fCnt":128,"fPort":85,"rxInfo":[{"altitude":0,"latitude":0,"loRaSNR":13.8,'
        b'"longitude":0,"mac":"24e124fffef54092","name":"Local Gateway","rssi":-51,'
        b'"time":"2022-12-27T07:21:27.078763Z"}],"time":"2022-12-27T07:21:27.078763Z","txInfo":{"adr":true,'
        b'"codeRate":"4/5","dataRate":{"bandwidth":125,"modulation":"LORA","spreadFactor":7},"frequency":868100000},'
        b'"metadata":{"mqtt_topic":"/mqtttest"}}',
        format="milesight-gateway",
        devices={
            "24e124136b502217": {
                ("rxInfo", 0, "rssi"): -51,
                ("rxInfo", 0, "loRaSNR"): 13.8,
                ("txInfo", "dataRate", "spreadFactor"): 7,
                ("txInfo", "frequency"): 868100000,
            }
        },
        problems=ENCODED_DATA,
        metadata={"24e124136b502217": DeviceMetadata(name="EM300-TH")},
    ),
    # The envelope of the same page with the values of the maker's decoder beside it.
    Case(
        name="milesight with codec",
        payload=b'{"applicationID":1,"devEUI":"24e124136b502217","deviceName":"EM300-TH","fPort":85,'
        b'"data":"A2fqAARoTwUAAA==","battery":92,"temperature":30.8,"humidity":50.5}',
        format="milesight-gateway",
        devices={"24e124136b502217": {("battery",): 92, ("temperature",): 30.8, ("humidity",): 50.5}},
    ),
    Case(
        name="milesight with an object",
        payload=b'{"applicationName":"a","deviceName":"x","devEUI":"24e1","object":{"gps":{"latitude":1.5,"longitude":2}}}',
        format="milesight-gateway",
        devices={"24e1": {("object", "gps", "latitude"): 1.5, ("object", "gps", "longitude"): 2}},
    ),
    # The events of https://www.chirpstack.io/docs/chirpstack/integrations/events.html
    Case(
        name="chirpstack v4 with codec, two gateways",
        payload=b'{"deviceInfo":{"deviceProfileName":"LHT65","deviceName":"Cellar","devEui":"a84041ffff010203"},'
        b'"fPort":2,"data":"y6QJxA==","object":{"TempC_SHT":24.3,"Ext":{"TempC_DS":null}},'
        b'"rxInfo":[{"gatewayId":"1","rssi":-111,"snr":-5},{"gatewayId":"2","rssi":-57,"snr":9.8}]}',
        format="chirpstack-v4",
        devices={
            "a84041ffff010203": {
                ("object", "TempC_SHT"): 24.3,
                ("object", "Ext", "TempC_DS"): None,
                ("rxInfo", 0, "rssi"): -57,
                ("rxInfo", 0, "snr"): 9.8,
            }
        },
        metadata={"a84041ffff010203": DeviceMetadata(name="Cellar", model="LHT65")},
    ),
    Case(
        name="chirpstack v4 status",
        payload=b'{"deviceInfo":{"deviceName":"Cellar","devEui":"a84041"},"margin":28,"externalPowerSource":false,'
        b'"batteryLevelUnavailable":false,"batteryLevel":83.5}',
        format="chirpstack-v4",
        devices={"a84041": {("margin",): 28, ("externalPowerSource",): False, ("batteryLevel",): 83.5}},
    ),
    Case(
        name="chirpstack v4 status of a device that does not know its battery",
        payload=b'{"deviceInfo":{"devEui":"a84041"},"margin":28,"batteryLevelUnavailable":true,"batteryLevel":0}',
        format="chirpstack-v4",
        devices={"a84041": {("margin",): 28}},
    ),
    Case(
        name="chirpstack v3, the object is JSON in JSON",
        payload=b'{"applicationID":"123","applicationName":"t","deviceName":"garden","devEUI":"AgICAgICAgI=",'
        b'"rxInfo":[{"gatewayID":"AwMDAwMDAwM=","rssi":-48,"loRaSNR":9}],"txInfo":{"frequency":868100000,'
        b'"modulation":"LORA","loRaModulationInfo":{"bandwidth":125,"spreadingFactor":11}},"fCnt":10,"fPort":5,'
        b'"data":"qg==","objectJSON":"{\\"temperatureSensor\\":25,\\"humiditySensor\\":32}"}',
        format="chirpstack-v3",
        devices={
            "AgICAgICAgI=": {
                ("objectJSON", "temperatureSensor"): 25,
                ("objectJSON", "humiditySensor"): 32,
                ("rxInfo", 0, "rssi"): -48,
                ("rxInfo", 0, "loRaSNR"): 9,
                ("txInfo", "loRaModulationInfo", "spreadingFactor"): 11,
                ("txInfo", "frequency"): 868100000,
            }
        },
    ),
    # https://github.com/angelnu/home_assistant_thethingsnetwork/issues/22
    Case(
        name="ttn v3 records of a codec",
        payload=b'{"end_device_ids":{"device_id":"t1000","dev_eui":"2CF7F1C000000001"},"uplink_message":'
        b'{"decoded_payload":{"messages":[[{"measurementId":"3000","measurementValue":87,"type":"Battery"},'
        b'{"measurementId":"4097","measurementValue":"21.3","type":"Air Temperature"}]]}}}',
        format="ttn-v3",
        devices={
            "2CF7F1C000000001": {
                ("uplink_message", "decoded_payload", "messages", "3000"): 87,
                ("uplink_message", "decoded_payload", "messages", "4097"): "21.3",
            }
        },
        metadata={"2CF7F1C000000001": DeviceMetadata(name="t1000")},
    ),
    # https://www.thethingsindustries.com/docs/the-things-stack/concepts/data-formats/
    Case(
        name="ttn v3 without codec",
        payload=b'{"end_device_ids":{"device_id":"dev1","dev_eui":"0004A30B001C0530"},"uplink_message":'
        b'{"f_port":1,"frm_payload":"gkHe","rx_metadata":[{"rssi":-35,"snr":5}]}}',
        format="ttn-v3",
        devices={
            "0004A30B001C0530": {
                ("uplink_message", "rx_metadata", 0, "rssi"): -35,
                ("uplink_message", "rx_metadata", 0, "snr"): 5,
            }
        },
        problems=((ProblemKind.ENCODED, {"field": "uplink_message.frm_payload"}),),
        metadata={"0004A30B001C0530": DeviceMetadata(name="dev1")},
    ),
    Case(
        name="ttn v3 solved location",
        payload=b'{"end_device_ids":{"device_id":"dev1"},"location_solved":{"service":"x","location":'
        b'{"latitude":37.97,"longitude":23.72,"altitude":2}}}',
        format="ttn-v3",
        devices={
            "dev1": {
                ("location_solved", "location", "latitude"): 37.97,
                ("location_solved", "location", "longitude"): 23.72,
                ("location_solved", "location", "altitude"): 2,
            }
        },
    ),
)
