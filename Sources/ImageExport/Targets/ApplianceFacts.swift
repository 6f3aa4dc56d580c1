package import ApplianceSpec
package import BuildPlanning
import Diagnostics

/// What the descriptions beside a disk say of the appliance.
package struct ApplianceFacts: Sendable {
    package var name: String
    package var version: String
    package var summary: String
    /// `debian`, and its release: code name and number.
    package var distribution: String
    package var release: String
    package var majorVersion: Int
    package var architecture: Architecture
    /// Bytes.
    package var memory: Int64
    package var cpus: Int
    package var firmware: [DiskSettings.Firmware]
    /// Seconds since 1970: the lock's.
    package var timestamp: Int64
    package var formats: FormatSettings
    package var ports: [Int]

    package init(
        name: String, version: String, summary: String? = nil, distribution: String = "debian",
        release: String = "trixie", majorVersion: Int = 13, architecture: Architecture = .amd64,
        memory: Int64 = 1 << 30, cpus: Int = 2, firmware: [DiskSettings.Firmware] = [.bios, .uefi],
        timestamp: Int64 = 0, formats: FormatSettings = FormatSettings(), ports: [Int] = [22]
    ) {
        self.name = name
        self.version = version
        self.summary = summary ?? name
        self.distribution = distribution
        self.release = release
        self.majorVersion = majorVersion
        self.architecture = architecture
        self.memory = memory
        self.cpus = cpus
        self.firmware = firmware
        self.timestamp = timestamp
        self.formats = formats
        self.ports = ports
    }

    package init(_ plan: BuildPlan) {
        let appliance = plan.appliance
        let (distribution, release) = (appliance.distribution.name, appliance.distribution.release.value)
        self.init(
            name: appliance.name.value, version: appliance.version.value, summary: appliance.summary,
            distribution: distribution, release: release,
            majorVersion: DistributionProfile.named(
                distribution, release: release, architecture: appliance.architecture)?.majorVersion ?? 0,
            architecture: appliance.architecture, memory: appliance.memory.bytes, cpus: appliance.cpus,
            firmware: appliance.disk.boot, timestamp: plan.lock.timestamp, formats: appliance.formats,
            ports: appliance.ports)
    }

    /// `wsgi-1.0.0`: the stem of every file.
    package var stem: String { "\(name)-\(version)" }
    /// MiB, rounded up.
    package var memoryMebibytes: Int64 { (memory + (1 << 20) - 1) >> 20 }
    /// `x86_64`, `aarch64`.
    package var machine: String { architecture == .amd64 ? "x86_64" : "aarch64" }
    /// UEFI where the appliance starts by it alone, or where a platform prefers it.
    package var needsUEFI: Bool { !firmware.contains(.bios) }
    /// For names that clouds take: lower-case letters, digits and hyphens, a letter first.
    package var cloudName: String {
        let text = stem.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let name = String(text.drop { !$0.isLetter })
        return name.isEmpty ? "image" : String(name.prefix(60))
    }

    /// `20261122`, and seconds behind it: what simplestreams and Vagrant call a version.
    package var date: CalendarDate { CalendarDate(seconds: timestamp) }
}

/// A day and time of UTC.
package struct CalendarDate: Sendable {
    let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int

    /// - Parameter seconds: since 1970
    package init(seconds: Int64) {
        let days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let rest = Int(seconds - days * 86400)
        (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60)
        // Howard Hinnant's civil_from_days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    static func padded(_ value: Int, _ digits: Int) -> String {
        let text = "\(value)"
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// `20261122`.
    package var compact: String { Self.padded(year, 4) + Self.padded(month, 2) + Self.padded(day, 2) }
    /// `202611220830`.
    package var compactWithTime: String { compact + Self.padded(hour, 2) + Self.padded(minute, 2) }
    /// `2026-11-22T08:30:00Z`.
    package var iso: String {
        let time = [hour, minute, second].map { Self.padded($0, 2) }.joined(separator: ":")
        return "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))T\(time)Z"
    }
}
