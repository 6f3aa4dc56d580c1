import Diagnostics

extension CommandRules {
    static func autopart(_ reading: CommandReading) throws(ArgumentProblem) {
        // Where a line says nothing, what an earlier autopart said holds.
        let type = reading.text("type") ?? reading.earlier.string("type")?.value
        let fstype = reading.text("fstype") ?? reading.earlier.string("fstype")?.value
        if reading.isIn("F21- R7-") {
            if fstype == "btrfs" {
                throw reading.problem("--fstype cannot be btrfs", at: "fstype", hint: "write --type=btrfs")
            }
            if type == "btrfs", let fstype, !fstype.isEmpty {
                throw reading.problem("--type=btrfs leaves no choice of --fstype", at: "fstype")
            }
        }
        try reading.refuse("pbkdfTime", with: "pbkdfIterations", "--pbkdf-time and --pbkdf-iterations")
        if reading.isIn("R8-10"), type == "btrfs" { throw reading.problem("RHEL has no btrfs", at: "type") }
        try reading.refuse("noswap", with: "hibernation", "--noswap and --hibernation")
        if reading.has("hwPassphrase"),
            !reading.has("encrypted") || !(reading.text("luksVersion") ?? "").begins(with: "luks2-")
        {
            throw reading.problem(
                "--hw-passphrase needs --encrypted and a --luks-version that begins with luks2-", at: "hwPassphrase")
        }
    }

    static func clearpart(_ reading: inout CommandReading) {
        guard reading.has("devices") else { return }
        reading.values.set("type", .text("list"), at: reading.values.place("devices"))
    }

    static func ignoreDisk(_ reading: CommandReading) throws(ArgumentProblem) {
        guard !reading.isIn("F3-7 R3") else { return }
        let given = ["drives", "onlyUse"].filter { reading.has($0, orEarlier: true) }
        if reading.isIn("F14-28 R6-7"), reading.has("interactive") {
            guard given.isEmpty else {
                throw reading.problem("only one of --drives, --only-use and --interactive can be given")
            }
            return
        }
        guard given.count == 1 else {
            throw reading.problem(
                given.isEmpty
                    ? "ignoredisk needs --drives or --only-use" : "only one of --drives and --only-use can be given",
                at: given.last)
        }
    }

    static func bootloader(_ reading: inout CommandReading) throws(ArgumentProblem) {
        if let password = reading.text("md5pass"), !password.isEmpty {
            let place = reading.values.place("md5pass")
            reading.values.set("password", .text(password), at: place)
            reading.values.set("iscrypted", .flag(true), at: place)
        }
        if reading.isIn("F17- R7-"), (reading.text("bootDrive") ?? "").holds(",") {
            throw reading.problem("--boot-drive takes one disk", at: "bootDrive")
        }
        try reading.refuse("sdboot", with: "extlinux", "--sdboot and --extlinux")
    }

    static func zfcp(_ reading: CommandReading) throws(ArgumentProblem) {
        guard reading.isIn("F37- R9-") else { return }
        if !reading.has("devnum") || reading.has("wwpn") != reading.has("fcplun") {
            throw reading.problem("zfcp takes --devnum alone, or with both --wwpn and --fcplun")
        }
    }

    static func multipath(_ reading: CommandReading) throws(ArgumentProblem) {
        let device = reading.values.required("device").value
        if reading.earlier.list("devices").contains(where: { $0.value == device }) {
            throw reading.problem("'\(device)' is a path of a multipath device already", at: "device")
        }
    }

    static func nvdimm(_ reading: CommandReading) throws(ArgumentProblem) {
        try reading.refuse("namespace", with: "blockdevs", "--namespace and --blockdevs")
        if reading.text("action") == "reconfigure" {
            if !reading.has("namespace") { throw reading.problem("'nvdimm reconfigure' needs --namespace") }
            if !reading.has("sectorsize") { throw reading.problem("'nvdimm reconfigure' needs --sectorsize") }
        } else if !reading.has("namespace"), !reading.has("blockdevs") {
            throw reading.problem("'nvdimm use' needs --namespace or --blockdevs")
        }
    }
}
