package import Diagnostics

/// `lang`: the language of the system.
package struct LanguageCommand: Sendable {
    package var lang: Located<String>
    package var addsupport: [Located<String>]

    init(_ values: OptionValues) {
        lang = values.required("lang")
        addsupport = values.list("addsupport")
    }
}

/// `keyboard`: the console's keymap and X's layouts.
package struct KeyboardCommand: Sendable {
    /// The keymap of the old form, `keyboard us`.
    package var keyboard: Located<String>?
    package var vckeymap: Located<String>?
    package var xlayouts: [Located<String>]
    package var `switch`: [Located<String>]

    init(_ values: OptionValues) {
        keyboard = values.string("keyboard")
        vckeymap = values.string("vckeymap")
        xlayouts = values.list("xlayouts")
        `switch` = values.list("switch")
    }
}

/// `timezone`: the zone, and whether the hardware clock holds UTC.
package struct TimeZoneCommand: Sendable {
    package var timezone: Located<String>?
    package var nontp: Located<Bool>
    package var ntpservers: [Located<String>]
    /// `--utc`, `--isUtc`.
    package var utc: Located<Bool>

    init(_ values: OptionValues) {
        timezone = values.string("timezone")
        nontp = values.flag("nontp")
        ntpservers = values.list("ntpservers")
        utc = values.flag("utc")
    }
}

/// `timesource`: one NTP server or pool, or none.
package struct TimeSourceCommand: Sendable {
    package var ntpServer: Located<String>?
    package var ntpPool: Located<String>?
    package var ntpDisable: Located<Bool>
    package var nts: Located<Bool>

    init(_ values: OptionValues) {
        ntpServer = values.string("ntpServer")
        ntpPool = values.string("ntpPool")
        ntpDisable = values.flag("ntpDisable")
        nts = values.flag("nts")
    }
}

/// `langsupport`: more languages, before Fedora 5.
package struct LanguageSupportCommand: Sendable {
    package var `default`: Located<String>?
    package var supported: [Located<String>]

    init(_ values: OptionValues) {
        `default` = values.string("default")
        supported = values.list("supported")
    }
}

/// `xconfig`: the X server.
package struct XConfigCommand: Sendable {
    package var card: Located<String>?
    package var defaultdesktop: Located<String>?
    package var depth: Located<Int>?
    package var hsync: Located<String>?
    package var monitor: Located<String>?
    package var noprobe: Located<Bool>
    package var resolution: Located<String>?
    package var server: Located<String>?
    package var startxonboot: Located<Bool>
    package var videoram: Located<String>?
    package var vsync: Located<String>?
    package var driver: Located<String>?

    init(_ values: OptionValues) {
        card = values.string("card")
        defaultdesktop = values.string("defaultdesktop")
        depth = values.integer("depth")
        hsync = values.string("hsync")
        monitor = values.string("monitor")
        noprobe = values.flag("noprobe")
        resolution = values.string("resolution")
        server = values.string("server")
        startxonboot = values.flag("startxonboot")
        videoram = values.string("videoram")
        vsync = values.string("vsync")
        driver = values.string("driver")
    }
}

/// `monitor`: the monitor, before Fedora 10.
package struct MonitorCommand: Sendable {
    package var hsync: Located<String>?
    package var monitor: Located<String>?
    package var vsync: Located<String>?
    package var noprobe: Located<Bool>

    init(_ values: OptionValues) {
        hsync = values.string("hsync")
        monitor = values.string("monitor")
        vsync = values.string("vsync")
        noprobe = values.flag("noprobe")
    }
}

/// `mouse`: the mouse, before Fedora 3.
package struct MouseCommand: Sendable {
    package var mouse: Located<String>
    package var device: Located<String>?
    package var emulthree: Located<Bool>

    init(_ values: OptionValues) {
        mouse = values.required("mouse")
        device = values.string("device")
        emulthree = values.flag("emulthree")
    }
}
