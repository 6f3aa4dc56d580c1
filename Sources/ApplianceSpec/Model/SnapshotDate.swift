/// A moment of an archive's past, as the spec's `snapshot` says it: `2026-11-20`, `2026-11-20T06:00:00Z` or, as snapshot
/// archives write it, `20261120T060000Z`. UTC.
package struct SnapshotDate: Sendable, Hashable, Comparable {
    /// Seconds since 1970.
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    /// Nil for what is not one of the three forms, and for a day or time that there is not.
    package init?(parsing text: String) {
        let digits = text.utf8.filter { (48...57).contains($0) }.map { Int64($0) - 48 }
        let others = text.filter { !("0"..."9").contains($0) }
        guard (others == "--" && digits.count == 8) || (["--T::Z", "TZ"].contains(others) && digits.count == 14),
            Self.shapes.contains(String(text.map { ("0"..."9").contains($0) ? "0" : $0 }))
        else { return nil }
        func number(_ range: Range<Int>) -> Int64 { digits[range].reduce(0) { $0 * 10 + $1 } }
        let (year, month, day) = (number(0..<4), number(4..<6), number(6..<8))
        let time = digits.count == 14 ? (number(8..<10), number(10..<12), number(12..<14)) : (0, 0, 0)
        guard (1...12).contains(month), day >= 1, day <= Self.days(of: month, year), time.0 < 24, time.1 < 60,
            time.2 < 60
        else { return nil }
        let days = Self.daysBefore(year: year) + (1..<month).reduce(0) { $0 + Self.days(of: $1, year) } + day - 1
        seconds = days * 86400 + time.0 * 3600 + time.1 * 60 + time.2
    }

    private static let shapes: Set = ["0000-00-00", "0000-00-00T00:00:00Z", "00000000T000000Z"]

    /// `20261120T060000Z`.
    package var text: String {
        let (day, time) = (day, seconds - day.start)
        return padded(day.year, 4) + padded(day.month, 2) + padded(day.day, 2) + "T" + padded(time / 3600, 2)
            + padded(time / 60 % 60, 2) + padded(time % 60, 2) + "Z"
    }

    /// `2026-11-20`.
    package var dayText: String { "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))" }

    package static func < (left: SnapshotDate, right: SnapshotDate) -> Bool { left.seconds < right.seconds }

    private var day: (year: Int64, month: Int64, day: Int64, start: Int64) {
        var rest = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400
        let start = rest * 86400
        var year: Int64 = 1970 + rest / 366
        while Self.daysBefore(year: year) > rest { year -= 1 }
        while Self.daysBefore(year: year + 1) <= rest { year += 1 }
        rest -= Self.daysBefore(year: year)
        var month: Int64 = 1
        while rest >= Self.days(of: month, year) {
            rest -= Self.days(of: month, year)
            month += 1
        }
        return (year, month, rest + 1, start)
    }

    private func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(width - digits.count, 0)) + digits
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(of month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// From 1970 to the year's beginning.
    private static func daysBefore(year: Int64) -> Int64 {
        let past = year - 1
        return past * 365 + past / 4 - past / 100 + past / 400 - 719_162
    }
}
