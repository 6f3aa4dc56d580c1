import FoundationEssentials

/// Points in time as they are shown: UTC, to the second, the same in every locale.
enum DiskTime {
    static func text(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
