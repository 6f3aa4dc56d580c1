import ContentDigest

/// A Release file (the signed text of an InRelease), as the Debian repository format describes it.
struct ReleaseFile: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var digest: Digest
        /// Bytes.
        var size: Int64
    }

    var suite: String?
    var codename: String?
    var label: String?
    /// Seconds since 1970.
    var date: Int64
    /// Seconds since 1970; nil where it never expires.
    var validUntil: Int64?
    var architectures: [String] = []
    var components: [String] = []
    var isNotAutomatic = false
    var hasAutomaticUpgrades = false
    var hasHashPaths = false
    /// Whether `binary-<arch>` indexes hold the `all` packages too.
    var mergesAll = false
    /// By the path below the suite's folder: `main/binary-amd64/Packages.xz`. Only SHA-256 counts.
    var files: [String: Entry] = [:]

    /// - Throws: `ResolutionError.badRelease` without a date that can be read, or with a malformed field.
    init(_ text: String, of repository: String) throws(ResolutionError) {
        var fields: [String: String] = [:]
        var key = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: true) {
            if line.first == " " || line.first == "\t" {
                if key == "sha256" { try Self.addFile(line, to: &files, repository) }
                continue
            }
            guard let colon = line.firstIndex(of: ":") else { continue }
            key = line[..<colon].lowercased()
            fields[key] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        guard let dateText = fields["date"], let date = Self.seconds(dateText) else {
            throw ResolutionError(.badRelease, "the Release file of '\(repository)' has no date that can be read")
        }
        self.date = date
        if let text = fields["valid-until"] {
            guard let validUntil = Self.seconds(text) else {
                throw ResolutionError(
                    .badRelease, "the Release file of '\(repository)' is valid until '\(text)', whatever that is")
            }
            self.validUntil = validUntil
        }
        suite = fields["suite"]
        codename = fields["codename"]
        label = fields["label"]
        architectures = Self.words(fields["architectures"])
        components = Self.words(fields["components"])
        isNotAutomatic = fields["notautomatic"] == "yes"
        hasAutomaticUpgrades = fields["butautomaticupgrades"] == "yes"
        hasHashPaths = fields["acquire-by-hash"] == "yes"
        mergesAll = !architectures.contains("all") || fields["no-support-for-architecture-all"] == "Packages"
    }

    private static func addFile(
        _ line: Substring, to files: inout [String: Entry], _ repository: String
    ) throws(ResolutionError) {
        let parts = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        guard parts.count == 3, let digest = Digest(hex: String(parts[0])), let size = Int64(parts[1]), size >= 0 else {
            throw ResolutionError(.badRelease, "the Release file of '\(repository)' has a malformed line: '\(line)'")
        }
        files[String(parts[2])] = Entry(digest: digest, size: size)
    }

    private static func words(_ text: String?) -> [String] {
        text.map { $0.split(separator: " ").map(String.init) } ?? []
    }

    /// apt's default pin priority of everything in it (apt_preferences(5)).
    var defaultPriority: Int { isNotAutomatic ? (hasAutomaticUpgrades ? 100 : 1) : 500 }

    /// Whether the component is in it; the security archive lists `main` as `updates/main`.
    func hasComponent(_ name: String) -> Bool {
        components.contains(name) || components.contains("updates/\(name)")
    }

    // MARK: Dates

    /// `Sat, 12 Sep 2026 07:55:41 UTC`, the only form that the repository format allows (`+0000` and `GMT` occur too).
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(whereSeparator: { $0 == " " || $0 == "," })
        guard words.count == 6, ["UTC", "GMT", "+0000", "Z"].contains(words[5]) else { return nil }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = words[4].split(separator: ":").compactMap { Int64($0) }
        guard let day = Int64(words[1]), let month = months.firstIndex(of: String(words[2])),
            let year = Int64(words[3]), (1970...9999).contains(year), (1...31).contains(day), clock.count == 3,
            (0...23).contains(clock[0]), (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        return daysSince1970(year, Int64(month + 1), day) * 86400 + clock[0] * 3600 + clock[1] * 60 + clock[2]
    }

    /// Days of the Gregorian calendar: years begin in March, so that the leap day is the last.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// `12 Sep 2026 07:55 UTC`, for messages.
    static func text(_ seconds: Int64) -> String {
        let days = seconds / 86400
        var year: Int64 = 1970 + days / 366
        while daysSince1970(year + 1, 1, 1) <= days { year += 1 }
        var month: Int64 = 1
        while month < 12, daysSince1970(year, month + 1, 1) <= days { month += 1 }
        let day = days - daysSince1970(year, month, 1) + 1
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let (hour, minute) = (seconds % 86400 / 3600, seconds % 3600 / 60)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(day) \(months[Int(month - 1)]) \(year) \(two(hour)):\(two(minute)) UTC"
    }
}
