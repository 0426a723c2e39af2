"""Keys of the address of a device's own page, one line for each."""

# The address may be that of any page.
PAGE_KEYS = frozenset(
    {
        "admin url",
        "config url",
        "configuration url",
        "device url",
        "web interface",
        "web ui",
        "web url",
        "webinterface",
        "webui",
        "weburl",
    }
)
# The address may be that of a picture or a service, too: only the first page of a server is meant.
MAYBE_PAGE_KEYS = frozenset({"home page", "homepage", "url"})
