import FileTrees
import Foundation
import HostSystem

/// What the second build of a comparison has other than the first, and what this machine does not let it have.
struct Variations: Sendable {
    /// For people: `the clock: 400 days later`.
    private(set) var varied: [String] = []
    /// With the reason.
    private(set) var notVaried: [String] = []
    /// Added to the second build's environment.
    private(set) var environment: [String: String] = [:]
    /// What stands before the program and its arguments.
    private(set) var prefix: [String] = []

    var notes: [String] { varied.map { "varied: \($0)" } + notVaried.map { "not varied: \($0)" } }

    /// 400 days, and some hours and minutes: another year, month, day of the week and hour.
    private static let clockOffset = 400 * 86400 + 11 * 3600 + 17 * 60 + 5

    init(host: Host) {
        vary(locale: host.environment["LC_ALL"] ?? host.environment["LANG"] ?? "")
        varyTimeZone(host.environment["TZ"])
        varyMask()
        varyProcessors(host)
        varyByLibrary(beside: host.executable)
        varied.append("the build path, the store, the output folder: longer, with spaces and letters of other scripts")
    }

    private mutating func vary(locale: String) {
        let other = locale.hasPrefix("tr_TR") ? "de_DE.UTF-8" : "tr_TR.UTF-8"
        environment["LC_ALL"] = other
        environment["LANG"] = other
        environment["LANGUAGE"] = String(other.prefix(2))
        varied.append("the locale: \(other)")
    }

    private mutating func varyTimeZone(_ zone: String?) {
        // 14 hours before UTC, or 11 behind it: another day at most times of day.
        let other = zone == "Pacific/Kiritimati" ? "Pacific/Pago_Pago" : "Pacific/Kiritimati"
        environment["TZ"] = other
        varied.append("the time zone: \(other)")
    }

    private mutating func varyMask() {
        let present = umask(0)
        umask(present)
        let other = present == 0o077 ? "000" : "077"
        prefix += ["sh", "-c", "umask \(other); exec \"$@\"", "sh"]
        varied.append("the umask: \(other)")
    }

    private mutating func varyProcessors(_ host: Host) {
        guard host.cpus > 1 else {
            notVaried.append("the number of processors: this machine gives one")
            return
        }
        guard let first = Self.firstProcessor() else {
            notVaried.append("the number of processors: /proc/self/status does not tell them")
            return
        }
        prefix += ["taskset", "--cpu-list", "\(first)"]
        varied.append("the number of processors: 1 in place of \(host.cpus)")
    }

    /// `Cpus_allowed_list: 0-3,8`.
    private static func firstProcessor() -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") })
        else { return nil }
        return Int(line.split(whereSeparator: { ":\t ,-".contains($0) }).dropFirst().first ?? "")
    }

    private mutating func varyByLibrary(beside executable: String) {
        guard let library = CompanionFile.path(SandboxVariation.libraryName, beside: executable) else {
            notVaried.append(
                "the clock, the order of directories and the host's name: \(SandboxVariation.libraryName) does not lie "
                    + "beside \(executable) (swift build --product stonebake-variation)")
            return
        }
        environment["LD_PRELOAD"] = library
        environment[SandboxVariation.libraryVariable] = library
        environment[SandboxVariation.clockVariable] = "\(Self.clockOffset)"
        environment[SandboxVariation.orderVariable] = "1"
        environment[SandboxVariation.hostVariable] = "second-build.invalid"
        varied += [
            "the clock: 400 days, 11 hours and 17 minutes later", "the order of directories: reversed",
            "the host's name: second-build.invalid",
        ]
    }
}
