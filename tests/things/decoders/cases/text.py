"""Text: one value, pairs, columns, lines."""

from .case import Case

TEXT = (
    Case(
        name="one pair with a colon",
        payload=b"Temperature: 21.5",
        format="key-value",
        devices={None: {("Temperature",): 21.5}},
    ),
    Case(
        name="pairs with a time",
        payload=b"temp:20,time:12:30",
        format="key-value",
        devices={None: {("temp",): 20, ("time",): "12:30"}},
    ),
    Case(
        name="numbers with spaces",
        payload=b"21.5  40 1013",
        format="csv",
        devices={None: {(0,): 21.5, (1,): 40, (2,): 1013}},
    ),
    Case(name="bars", payload=b"21.5|40", format="csv", devices={None: {(0,): 21.5, (1,): 40}}),
    Case(
        name="words with a number", payload=b"garden 21", format="scalar", devices={None: {(): "garden 21"}}, exact=True
    ),
    Case(name="number", payload=b"21.50", format="scalar", devices={None: {(): 21.5}}, exact=True),
    Case(name="number with newline", payload=b"21.5\n", format="scalar", devices={None: {(): 21.5}}),
    Case(name="number with NUL", payload=b"-7\0", format="scalar", devices={None: {(): -7}}),
    Case(name="not a number", payload=b"nan", format="scalar", devices={None: {(): None}}),
    Case(name="null", payload=b"null", format="scalar", devices={None: {(): None}}),
    Case(name="boolean", payload=b"true", format="scalar", devices={None: {(): True}}, exact=True),
    Case(name="word", payload=b"ON", format="scalar", devices={None: {(): "ON"}}, exact=True),
    Case(name="word in quotes", payload=b'"ON"', format="scalar", devices={None: {(): "ON"}}),
    Case(name="leading zeros", payload=b"0042", format="scalar", devices={None: {(): "0042"}}, exact=True),
    Case(
        name="number and unit", payload="21.5 °C".encode(), format="scalar", devices={None: {(): "21.5 °C"}}, exact=True
    ),
    Case(name="Latin-1", payload=b"21.5 \xb0C", format="scalar", devices={None: {(): "21.5 °C"}}),
    Case(name="time", payload=b"12:30:05", format="scalar", devices={None: {(): "12:30:05"}}, exact=True),
    Case(
        name="MAC", payload=b"4c:33:a6:60:3c:79", format="scalar", devices={None: {(): "4c:33:a6:60:3c:79"}}, exact=True
    ),
    Case(
        name="sentence",
        payload=b"Error: no network, retry",
        format="scalar",
        devices={None: {(): "Error: no network, retry"}},
        exact=True,
    ),
    Case(
        name="address",
        payload=b"http://10.0.0.1/x",
        format="scalar",
        devices={None: {(): "http://10.0.0.1/x"}},
        exact=True,
    ),
    Case(
        name="timestamp",
        payload=b"2024-03-03T18:37:00Z",
        format="scalar",
        devices={None: {(): "2024-03-03T18:37:00Z"}},
        exact=True,
    ),
    Case(
        name="brackets of a log",
        payload=b"[INFO] started",
        format="scalar",
        devices={None: {(): "[INFO] started"}},
        exact=True,
    ),
    Case(name="x^2 is not zlib", payload=b"x^2", format="scalar", devices={None: {(): "x^2"}}, exact=True),
    Case(
        name="pairs with spaces",
        payload=b"T=21.5 H=40 state=on",
        format="key-value",
        devices={None: {("T",): 21.5, ("H",): 40, ("state",): "on"}},
    ),
    Case(
        name="pairs with commas",
        payload=b"temp=21.5, hum=40",
        format="key-value",
        devices={None: {("temp",): 21.5, ("hum",): 40}},
    ),
    Case(
        name="pairs with semicolons",
        payload=b"temp:21.5;hum:40;id:007;",
        format="key-value",
        devices={None: {("temp",): 21.5, ("hum",): 40, ("id",): "007"}},
    ),
    Case(
        name="pairs on lines",
        payload=b'temp = 21.5\r\nmode = "eco, night"\r\n',
        format="key-value",
        devices={None: {("temp",): 21.5, ("mode",): "eco, night"}},
    ),
    Case(
        name="pairs of a web address",
        payload=b"temp=21.5&room=living+room&unit=%C2%B0C",
        format="key-value",
        devices={None: {("temp",): 21.5, ("room",): "living room", ("unit",): "°C"}},
    ),
    Case(
        name="pairs after what stands before them",
        payload=b"20;2D;UPM/Esic;ID=0001;TEMP=00cf;HUM=16;BAT=OK;",
        format="key-value",
        devices={None: {("ID",): "0001", ("TEMP",): "00cf", ("HUM",): 16, ("BAT",): "OK"}},
    ),
    Case(name="one pair", payload=b"level=12", format="key-value", devices={None: {("level",): 12}}),
    Case(
        name="pairs, quoted",
        payload=b'name="big room" t=20',
        format="key-value",
        devices={None: {("name",): "big room", ("t",): 20}},
    ),
    Case(
        name="semicolons and decimal commas",
        payload=b"21,5;40;ok;",
        format="csv",
        devices={None: {(0,): 21.5, (1,): 40, (2,): "ok", (3,): None}},
    ),
    Case(name="tabs", payload=b"1\t2.5", format="csv", devices={None: {(0,): 1, (1,): 2.5}}),
    Case(
        name="time and values",
        payload=b"2024-01-01 12:00:00,21.5,40",
        format="csv",
        devices={None: {(0,): "2024-01-01 12:00:00", (1,): 21.5, (2,): 40}},
    ),
    Case(
        name="columns with headings",
        payload='time,temp [°C],hum (%),door\n10:00,20,40,open\n10:05,"21.5",41,shut\n'.encode(),
        format="csv",
        devices={None: {("time",): "10:05", ("temp [°C]",): 21.5, ("hum (%)",): 41, ("door",): "shut"}},
        units={"temp": "°C", "hum": "%"},
    ),
    Case(
        name="rows without headings: the newest", payload=b"1,2\n3,4", format="csv", devices={None: {(0,): 3, (1,): 4}}
    ),
    Case(
        name="names and numbers on lines",
        payload=b"temp;21,5\nhum;40",
        format="csv",
        devices={None: {("temp",): 21.5, ("hum",): 40}},
    ),
    Case(
        name="history without headings",
        payload=b"2024-01-01 10:00,21.5\n2024-01-01 10:05,21.6",
        format="csv",
        devices={None: {(0,): "2024-01-01 10:05", (1,): 21.6}},
    ),
    Case(
        name="a device on each line",
        payload=b"sensor_id,temp,hum\nk1,20,40\nh2,19,",
        format="csv",
        devices={"k1": {("temp",): 20, ("hum",): 40}, "h2": {("temp",): 19, ("hum",): None}},
    ),
    Case(
        name="history of one device",
        payload=b"id,temp\nk1,20\nk1,21",
        format="csv",
        devices={None: {("id",): "k1", ("temp",): 21}},
    ),
    # https://docs.influxdata.com/influxdb/v1/write_protocols/line_protocol_reference/
    Case(
        name="influx",
        payload=b"weather,location=us-midwest,season=summer temperature=82,humidity=71i 1465839830100400200",
        format="influx",
        devices={"us-midwest/summer": {("weather", "temperature"): 82.0, ("weather", "humidity"): 71}},
    ),
    Case(
        name="influx types and escapes",
        payload=rb'my\ meas,device=a\,\ b\=c,x=y f=1.5e3,i=-7i,u=7u,t=t,no=FALSE,s="a, \"b\" = c",k\ 1=2',
        format="influx",
        devices={
            "a, b=c": {
                ("my meas", "f"): 1500.0,
                ("my meas", "i"): -7,
                ("my meas", "u"): 7,
                ("my meas", "t"): True,
                ("my meas", "no"): False,
                ("my meas", "s"): 'a, "b" = c',
                ("my meas", "k 1"): 2.0,
            }
        },
    ),
    Case(
        name="influx of several devices, unit as a tag, newest by time, a comment",
        payload=b"# from a collector\nt,host=a,unit=C v=2 200\nt,host=a,unit=C v=1 100\n\nt,host=b v=3 100\n",
        format="influx",
        devices={"a": {("t", "v"): 2.0}, "b": {("t", "v"): 3.0}},
        units={("t", "v"): "C"},
    ),
    Case(
        name="influx without tags",
        payload=b"cpu usage=0.5,cores=4i",
        format="influx",
        devices={None: {("cpu", "usage"): 0.5, ("cpu", "cores"): 4}},
    ),
)
