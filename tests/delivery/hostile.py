"""Addresses and URLs to which nothing may go, in every disguise that is known of them."""

METADATA = [
    "169.254.169.254",  # AWS, Azure, Google, DigitalOcean, Hetzner, OpenStack
    "169.254.169.253",
    "169.254.170.2",  # AWS, of containers
    "169.254.170.23",  # AWS, of pods
    "169.254.0.23",  # Tencent
    "169.254.42.42",  # Scaleway
    "169.254.0.0",
    "169.254.255.255",
    "100.100.100.200",  # Alibaba
    "192.0.0.192",  # Oracle
    "168.63.129.16",  # Azure
    "0.0.0.0",
    "0.0.0.1",
    "0.255.255.255",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
IN_SIX = [
    "::",
    "fe80::1",
    "fe80::a9fe:a9fe",
    "febf::1",
    "ff02::1",
    "ff05::2",
    "fd00:ec2::254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:c1::a9fe:a9fe",
    "fd00:42::42",
]


def disguises(address: str) -> list[str]:
    """The IPv6 addresses that lead to an IPv4 one."""
    a, b, c, d = (int(part) for part in address.split("."))
    high, low = f"{a:02x}{b:02x}", f"{c:02x}{d:02x}"
    turned = f"{0xFFFF ^ int(high, 16):x}:{0xFFFF ^ int(low, 16):x}"
    return [
        f"::ffff:{high}:{low}",
        f"::ffff:0:{high}:{low}",
        f"::{high}:{low}",
        f"64:ff9b::{high}:{low}",
        f"64:ff9b:1::{high}:{low}",
        f"64:ff9b:1:{high}:{c:x}:{d:02x}00::",  # behind a prefix of 48 bits
        f"64:ff9b:1:0:{a:x}:{b:02x}{c:02x}:{d:02x}00:0",  # 64 bits
        f"2002:{high}:{low}::1",
        f"2001:0:{high}:{low}:0:0:f7f7:f7f7",  # the server of a Teredo client
        f"2001:0:808:808:0:0:{turned}",  # the client
    ]


NEVER = METADATA + IN_SIX + [each for one in METADATA[:11] for each in disguises(one)]
"""Refused whoever names them, and however."""

PRIVATE = [
    "127.0.0.1",
    "127.1.2.3",
    "127.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "192.168.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "::1",
    "fc00::1",
    "fdff::1",
    "fec0::1",
    "100::1",
    "2001:1::1",
    "2001:2::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    *[each for one in ("127.0.0.1", "10.0.0.5", "192.168.1.1") for each in disguises(one)],
]
"""Refused to a name that does not say so itself, unless they are allowed."""

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.255.255",
    "172.32.0.1",
    "169.253.255.255",
    "169.255.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "2606:4700::1111",
    "2a00:1450:4001:82b::200e",
    "64:ff9b::808:808",
    "64:ff9b:1::808:808",
    "2002:808:808::1",
    "::ffff:8.8.8.8",
    "2001:0:808:808:0:0:f7f7:f7f7",
]

NO_URLS = [
    # another notation of 127.0.0.1, 169.254.169.254 or 0.0.0.0
    *(
        f"http://{host}/"
        for host in (
            "2130706433", "017700000001", "0x7f000001", "0x7F.0.0.1", "0177.0.0.1", "127.1",
            "127.0.1", "127.0.0.0x1", "0177.0000.0000.0001", "0x7f.0x0.0x0.0x1", "00000127.0.0.1",
            "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376",
            "025177524776", "169.254.43518", "169.16689662", "4294967295", "4294967296", "0", "0x0",
            "0x", "00",
            "127.0.0.1.", "169.254.169.254.", "1.2.3.4.5", "256.256.256.256", "999.0.0.1",
            "127.0.0.1.0x", "127.000.000.1", "169.254.169.254%00.example.com",
        )
    ),
    # digits and dots of Unicode, which IDNA turns into ASCII
    "http://\u2460\u2461\u2466.0.0.1/",
    "http://127\u30020\u30020\u30021/",
    "http://127\uff0e0\uff0e0\uff0e1/",
    "http://127\uff610\uff610\uff611/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",
    "http://loca\u017fthost/",
    "http://ex\u00adample.com/",
    "http://b\u00fccher.example/",
    "http://169.254.169\u3002254/",
    "http://\u0661\u0662\u0667.0.0.1/",
    # somebody before the host, or what one reader takes for it
    "http://user@127.0.0.1/",
    "http://user:pass@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1@example.com/",
    "http://example.com:80@169.254.169.254/",
    "http://example.com%40127.0.0.1/",
    "http://example.com&@127.0.0.1/",
    "http://example.com@@127.0.0.1/",
    "http://1.1.1.1&@2.2.2.2#@3.3.3.3/",
    "http://@127.0.0.1/",
    "http://:@127.0.0.1/",
    "http://127.0.0.1\\@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://example.com\\.127.0.0.1/",
    "http://127.0.0.1\\/",
    "http:\\\\127.0.0.1\\",
    "http://127.0.0.1;example.com/",
    "http://127.0.0.1,example.com/",
    "http://127.0.0.1:80:80/",
    "http://127.0.0.1:80@example.com:80/",
    # slashes, blanks and bytes that some throw away
    "http:/127.0.0.1/",
    "http:///127.0.0.1/",
    "http:127.0.0.1/",
    "//127.0.0.1/",
    "///127.0.0.1/",
    "127.0.0.1/",
    "/127.0.0.1/",
    "",
    "http://",
    "http:///",
    "http://?",
    "http://#",
    "http://.",
    "http://..",
    "http://.example.com/",
    "http://example..com/",
    "http://example.com../",
    " http://127.0.0.1/",
    "\thttp://127.0.0.1/",
    "\nhttp://127.0.0.1/",
    "http://127.0.0.1 /",
    "http:// 127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.0.0.1\n/",
    "http://127.0.0.1\r\n.example.com/",
    "http://127.0.0.1\x00.example.com/",
    "ht\ntp://127.0.0.1/",
    "http://exam\nple.com/",
    # escapes
    "http://%31%32%37.0.0.1/",
    "http://127%2e0%2e0%2e1/",
    "http://localhost%2f.example.com/",
    "http://localhost%00.example.com/",
    "http://%6cocalhost/",
    "http://%5b::1%5d/",
    # brackets
    "http://[127.0.0.1]/",
    "http://[::1/",
    "http://::1/",
    "http://::1]/",
    "http://[]/",
    "http://[::1%25lo]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::1].example.com/",
    "http://[::1]example.com/",
    "http://[v1.fe80::a]/",
    "http://[:::1]/",
    "http://[1:2:3:4:5:6:7:8:9]/",
    "http://[::ffff:127.0.0.256]/",
    "http://[::ffff:0177.0.0.1]/",
    "http://[localhost]/",
    "http://[::1]@example.com/",
    # ports
    "http://127.0.0.1:0/",
    "http://127.0.0.1:65536/",
    "http://127.0.0.1:99999999999/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:+80/",
    "http://127.0.0.1:0x50/",
    "http://127.0.0.1:80a/",
    "http://127.0.0.1:\u0668\u0660/",
    # other schemes
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file://127.0.0.1/etc/passwd",
    "ftp://127.0.0.1/",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "dict://127.0.0.1:11211/stats",
    "ldap://127.0.0.1/",
    "telnet://127.0.0.1/",
    "smtp://127.0.0.1/",
    "ws://127.0.0.1/",
    "scp://127.0.0.1/",
    "tftp://127.0.0.1/",
    "mqtt://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "jar:http://127.0.0.1!/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "httpx://127.0.0.1/",
    "http//127.0.0.1/",
    "://127.0.0.1/",
    "http://{{ host }}/",
    "http://${HOST}/",
    f"http://{'a' * 64}.example.com/",
    f"http://{'a.' * 127}com/",
]  # fmt: skip
"""What is no URL to us: two readers could read two hosts out of it, or a way that we do not go."""


def literal(address: str) -> str:
    """As a host of a URL."""
    return f"[{address}]" if ":" in address else address
