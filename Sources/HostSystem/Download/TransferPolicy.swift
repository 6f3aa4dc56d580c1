/// How patient and how greedy transfers are. The defaults suit a mirror on the internet; tests are less patient.
package struct TransferPolicy: Sendable {
    /// Transfers at a time, over all hosts.
    package var parallel = 6
    /// How often one file is tried before its download fails.
    package var attempts = 5
    /// Before the second try; doubled before each further one, at most 15 seconds.
    package var firstPause: Duration = .milliseconds(500)
    /// For name resolution, connection and TLS.
    package var connectTimeout: Duration = .seconds(20)
    /// A transfer slower than this many bytes a second …
    package var stallSpeed = 1000
    /// … for this long has stalled, and is tried again. Whole seconds.
    package var stallTime: Duration = .seconds(30)
    /// Refuses every transfer but those of local files.
    package var isOffline = false

    package init() {}

    func pause(before attempt: Int) -> Duration {
        let doubled = firstPause * Double(1 << min(max(attempt - 2, 0), 10))
        // Several machines that a mirror threw out together shall not come back together.
        return min(doubled, .seconds(15)) * Double.random(in: 0.75...1.25)
    }
}
