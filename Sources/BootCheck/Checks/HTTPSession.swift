import ApplianceSpec
import HostSystem
import Synchronization

/// The cookies of a guest that the http steps of one check share, as a browser's tab would.
final class HTTPSession: Sendable {
    private let cookies = Mutex<[String: String]>([:])

    /// The header that sends them; nil where there are none.
    var header: String? {
        let pairs = cookies.withLock { $0 }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return pairs.isEmpty ? nil : "Cookie: \(pairs.joined(separator: "; "))"
    }

    /// Keeps what an answer sets (RFC 6265); paths and domains are not looked at, for one guest is asked.
    func keep(_ response: HTTPResponse) {
        for field in response.headers where field.name == "set-cookie" {
            let parts = field.value.split(separator: ";").map { $0.drop { $0 == " " } }
            guard let pair = parts.first?.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false),
                pair.count == 2, !pair[0].isEmpty
            else { continue }
            let isGone = parts.dropFirst().contains { $0.lowercased() == "max-age=0" }
            cookies.withLock { $0[String(pair[0])] = isGone ? nil : String(pair[1]) }
        }
    }
}

extension HTTPCheck {
    /// Sends the request; where there is a form to fill in, the page that has it is got first.
    ///
    /// - Throws: `HostError`, `GuestUnreachable`, `CancellationError`.
    func outcome(
        in context: CheckContext, session: HTTPSession, hostPort: Int, limit: Double
    ) async throws -> CheckOutcome {
        var secret: String?
        if let password { secret = try await context.json(of: password, limit: limit).string }
        func send(_ change: (inout HTTPRequest) -> Void) async throws -> HTTPResponse {
            var request = request(hostPort: hostPort, limit: limit, password: secret)
            change(&request)
            if let cookies = session.header { request.headers.append(cookies) }
            let response = try await context.http.send(request)
            session.keep(response)
            return response
        }
        guard !form.isEmpty else { return judge(try await send { _ in }) }
        var given: [String: String] = [:]
        for (name, value) in form { given[name] = try await context.json(of: value, limit: limit).fieldText }
        let page = try await send {
            $0.method = "GET"
            $0.body = nil
        }
        let forms = HTMLForm.forms(in: page.text)
        guard let found = forms.first(where: { $0.isPost && $0.names.isSuperset(of: given.keys) }) else {
            let names = given.keys.sorted().map { "'\($0)'" }.joined(separator: ", ")
            return CheckOutcome(
                failed: "the page (status \(page.status)) has no form that sends \(names)",
                evidence: CheckOutcome.excerpt(page.text))
        }
        let origin = "\(tls ? "https" : "http")://127.0.0.1:\(hostPort)"
        return judge(
            try await send { request in
                request.method = "POST"
                request.url = found.action.map { Self.address($0, on: origin, from: path) } ?? request.url
                request.headers.append("Content-Type: application/x-www-form-urlencoded")
                // Some guard against forms of other sites by it.
                request.headers.append("Referer: \(tls ? "https" : "http")://localhost\(path)")
                request.body = Array(found.encoded(filling: given).utf8)
            })
    }

    /// Where a form of the page at `path` goes; one that names a host is sent to the guest all the same.
    private static func address(_ action: String, on origin: String, from path: String) -> String {
        if let scheme = action.firstRange(of: "://") {
            return origin + action[scheme.upperBound...].drop { $0 != "/" }
        }
        if action.hasPrefix("/") { return origin + action }
        let page = path.prefix { $0 != "?" }
        if action.hasPrefix("?") { return origin + page + action }
        return origin + page[...(page.lastIndex(of: "/") ?? page.startIndex)] + action
    }
}

extension JSONValue {
    /// What a form's field holds.
    fileprivate var fieldText: String { string ?? text }
}
