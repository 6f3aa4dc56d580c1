import Diagnostics

extension CommandRules {
    static func partition(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        if !reading.extras.isEmpty { try refuseExtras(reading, grammar) }
        if reading.has("resize"), !reading.has("onpart") {
            throw reading.problem("--resize needs --onpart", at: "resize")
        }
        if reading.has("resize"), !reading.has("size") {
            throw reading.problem("--resize needs --size, the new size", at: "resize")
        }
        if reading.isIn("F20- R7-"), reading.text("fstype") == "tmpfs" {
            if reading.has("grow") || reading.has("maxsize") {
                throw reading.problem("--grow and --maxsize mean nothing to a tmpfs", at: "fstype")
            }
        }
        try makingFileSystem(reading)
        try encryption(reading)
        if reading.isIn("R8-"),
            reading.values.required("mountPoint").value.begins(with: "btrfs.") || reading.text("fstype") == "btrfs"
        {
            throw reading.problem("RHEL has no btrfs", at: reading.values.contains("fstype") ? "fstype" : "mountPoint")
        }
    }

    /// What part, logvol and raid have in common.
    private static func makingFileSystem(_ reading: CommandReading) throws(ArgumentProblem) {
        guard reading.has("mkfsoptions") else { return }
        if reading.has("noformat") {
            throw reading.problem("--mkfsoptions has no effect with --noformat", at: "mkfsoptions")
        }
        try reading.refuse("fsprofile", with: "mkfsoptions", "--mkfsoptions and --fsprofile")
    }

    private static func encryption(_ reading: CommandReading) throws(ArgumentProblem) {
        try reading.refuse("pbkdfTime", with: "pbkdfIterations", "--pbkdf-time and --pbkdf-iterations")
        if reading.has("hwPassphrase"),
            !reading.has("encrypted") || !(reading.text("luksVersion") ?? "").begins(with: "luks2-")
        {
            throw reading.problem(
                "--hw-passphrase needs --encrypted and a --luks-version that begins with luks2-", at: "hwPassphrase")
        }
    }

    static func volumeGroup(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        var names = reading.values.list("name")
        var partitions = reading.values.list("partitions")
        // argparse gives all words to the name, or those behind an option to nothing. pykickstart loses some then.
        partitions = names.dropFirst() + partitions + (try reading.takeExtras(grammar))
        names = Array(names.prefix(1))
        let isExisting = reading.has("noformat") || reading.has("useexisting")
        guard let name = names.first else { throw reading.vocabularyProblem("volgroup needs a name") }
        if partitions.isEmpty, !isExisting {
            throw reading.vocabularyProblem("volgroup needs the partitions that it is made of, such as pv.01")
        }
        if !partitions.isEmpty, isExisting {
            throw ArgumentProblem(
                "a volume group that is there already is not given partitions", at: partitions.first?.range,
                code: "option-conflict")
        }
        if let space = reading.values.integer("reservedSpace"), space.value < 0 {
            throw reading.problem("--reserved-space cannot be negative", at: "reservedSpace")
        }
        if let percent = reading.values.integer("reservedPercent"), !(1...99).contains(percent.value) {
            throw reading.problem("--reserved-percent is between 1 and 99", at: "reservedPercent")
        }
        reading.values.set("name", .text(name.value), at: name.range)
        reading.values.remove("partitions")
        for partition in partitions { reading.values.append("partitions", .text(partition.value), at: partition.range) }
        if isExisting { useExisting(&reading) }
    }

    /// `--noformat` implies `--useexisting`.
    private static func useExisting(_ reading: inout CommandReading) {
        guard !reading.has("useexisting") else { return }
        reading.values.set("useexisting", .flag(true), at: reading.values.place("noformat"))
    }

    static func logicalVolume(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        if !reading.extras.isEmpty { try refuseExtras(reading, grammar) }
        if reading.has("noformat") { useExisting(&reading) }
        if reading.has("resize"), !reading.has("useexisting") {
            throw reading.problem("--resize needs --useexisting", at: "resize")
        }
        if reading.has("resize"), !reading.has("size") {
            throw reading.problem("--resize needs --size, the new size", at: "resize")
        }
        try reading.refuse("thin", with: "thinpool", "--thin and --thinpool")
        if reading.has("thin"), !reading.has("poolname") {
            throw reading.problem("--thin needs --poolname, the pool that the volume is in", at: "thin")
        }
        if reading.has("chunksize") || reading.has("metadatasize"), !reading.has("thinpool") {
            throw reading.problem(
                "--chunksize and --metadatasize are a thin pool's",
                at: reading.has("chunksize") ? "chunksize" : "metadatasize")
        }
        if reading.isIn("F20- R7-") {
            let sizes = ["useexisting", "percent", "size", "recommended", "hibernation"]
            if !sizes.contains(where: { reading.has($0) }) {
                throw reading.problem(
                    "this volume has no size",
                    hint: "give --size, --percent, --hibernation, or --useexisting or --noformat for one that is there")
            }
            if let percent = reading.values.integer("percent"), !(0...100).contains(percent.value) {
                throw reading.problem("--percent is between 0 and 100", at: "percent")
            }
        }
        if reading.isIn("F21- R7-") { try reading.refuse("size", with: "percent", "--size and --percent") }
        try cache(reading)
        try makingFileSystem(reading)
        try encryption(reading)
        if reading.isIn("R8-"), reading.text("fstype") == "btrfs" {
            throw reading.problem("RHEL has no btrfs", at: "fstype")
        }
    }

    private static func cache(_ reading: CommandReading) throws(ArgumentProblem) {
        let options = ["cachesize", "cachemode", "cachepvs"]
        guard let given = options.first(where: { reading.has($0) }) else { return }
        if reading.has("useexisting") {
            throw reading.problem("a volume that is there already gets no cache", at: given)
        }
        if reading.has("thin") { throw reading.problem("a thin volume gets no cache", at: given) }
        if !reading.has("cachepvs") {
            throw reading.problem("a cache needs --cachepvs, its physical volumes", at: given)
        }
        if !reading.has("cachesize") { throw reading.problem("a cache needs --cachesize", at: given) }
        if let mode = reading.text("cachemode"), !mode.isEmpty, !["writeback", "writethrough"].contains(mode) {
            throw reading.problem("--cachemode is writeback or writethrough, not '\(mode)'", at: "cachemode")
        }
    }

    static func raid(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        let extras = try reading.takeExtras(grammar)
        let partitions = reading.values.list("partitions") + extras
        reading.values.remove("partitions")
        for word in partitions { reading.values.append("partitions", .text(word.value), at: word.range) }
        if reading.has("noformat") { useExisting(&reading) }
        let isExisting = reading.has("useexisting")
        if partitions.isEmpty, !isExisting {
            throw reading.vocabularyProblem("raid needs the partitions that it is made of, such as raid.01")
        }
        if !partitions.isEmpty, isExisting {
            throw reading.problem("a RAID device that is there already is not given partitions")
        }
        if !isExisting, !reading.has("level") { throw reading.problem("raid needs --level") }
        if isExisting, reading.text("device") == "" {
            throw reading.problem("a RAID device that is there already needs its name", at: "device")
        }
        try makingFileSystem(reading)
        try encryption(reading)
        if reading.isIn("R8-9"), reading.text("fstype") == "btrfs" {
            throw reading.problem("RHEL has no btrfs", at: "fstype")
        }
    }

    static func btrfs(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        let noFormat = reading.has("noformat")
        let isExisting = reading.has("useexisting")
        guard !reading.extras.isEmpty else { throw reading.vocabularyProblem("btrfs needs a mount point, or none") }
        let words = try reading.takeExtras(grammar)
        let devices = words.dropFirst()
        if devices.isEmpty {
            throw reading.vocabularyProblem(
                reading.has("subvol")
                    ? "a btrfs subvolume needs its volume"
                    : "btrfs needs the partitions that it is made of, such as btrfs.01",
                hint: reading.has("subvol")
                    ? "its mount point, LABEL=…, or name, behind the subvolume's mount point" : nil)
        }
        if reading.has("subvol"), !reading.has("name") {
            throw reading.problem("a btrfs subvolume needs --name", at: "subvol")
        }
        if reading.has("mkfsoptions"), noFormat || isExisting {
            throw reading.problem(
                "--mkfsoptions has no effect with --noformat or --useexisting", at: "mkfsoptions")
        }
        // Each of the two implies the other.
        if noFormat { useExisting(&reading) }
        if isExisting, !noFormat {
            reading.values.set("noformat", .flag(true), at: reading.values.place("useexisting"))
        }
        if let point = words.first {
            let path = point.value.begins(with: "/") ? OptionReading.normalised(point.value) : point.value
            reading.values.set("mountPoint", .text(path), at: point.range)
        }
        for device in devices { reading.values.append("devices", .text(device.value), at: device.range) }
    }

    static func mount(_ reading: inout CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        if !reading.extras.isEmpty { try refuseExtras(reading, grammar) }
        let point = reading.values.required("mountPoint").value
        if point.lowercased() != "none", !point.begins(with: "/") {
            throw reading.problem("'\(point)' is no mount point: it has to begin with /, or be none", at: "mountPoint")
        }
        let place = reading.values.place("reformat")
        if !reading.values.contains("reformat"), reading.has("mkfsoptions") {
            throw reading.problem("--mkfsoptions needs --reformat", at: "mkfsoptions")
        }
        if let format = reading.text("reformat") {
            if !format.isEmpty { reading.values.set("format", .text(format), at: place) }
            reading.values.set("reformat", .flag(!format.isEmpty), at: place)
        }
    }

    static func snapshot(_ reading: CommandReading, _ grammar: CommandGrammar) throws(ArgumentProblem) {
        if !reading.extras.isEmpty { try refuseExtras(reading, grammar) }
        let name = reading.values.required("name").value
        if reading.earlier.list("names").contains(where: { $0.value == name }) {
            throw reading.problem("there is a snapshot '\(name)' already", at: "name")
        }
        let origin = reading.values.required("origin").value
        let parts = origin.pieces(at: "/")
        guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
            throw reading.problem("the origin of a snapshot is VG/LV, not '\(origin)'", at: "origin")
        }
    }
}
