import ApplianceSpec
import FileTrees
import FoundationEssentials
import HostSystem

extension HTTPCheck {
    /// The request as it is sent to this machine's end of the forwarded port.
    ///
    /// - Parameter password: of `user`, for basic authentication.
    func request(hostPort: Int, limit: Double, password: String? = nil) -> HTTPRequest {
        var request = HTTPRequest(
            "\(tls ? "https" : "http")://127.0.0.1:\(hostPort)\(path.hasPrefix("/") ? "" : "/")\(path)")
        request.method = method
        var fields = headers
        // What a client of the guest itself would send, whatever port is forwarded today.
        if !fields.keys.contains(where: { $0.lowercased() == "host" }) {
            fields["Host"] = port == (tls ? 443 : 80) ? "localhost" : "localhost:\(port)"
        }
        if let user, let password {
            fields["Authorization"] = "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        }
        request.headers = fields.map { "\($0.key): \($0.value)" }.sorted()
        request.body = body.map { Array($0.utf8) }
        // The image made it at its first boot, for a name of its own.
        request.verifiesCertificate = false
        request.timeout = .seconds(limit)
        request.bodyLimit = 16 << 20
        return request
    }

    /// Compares an answer with what is wanted.
    func judge(_ response: HTTPResponse) -> CheckOutcome {
        let faults = faults(of: response)
        let head = ["HTTP status \(response.status)"] + response.headers.map { "\($0.name): \($0.value)" }
        let evidence = head + [""] + CheckOutcome.excerpt(response.text)
        return faults.isEmpty
            ? CheckOutcome(passed: "status \(response.status)", evidence: evidence)
            : CheckOutcome(failed: faults.joined(separator: "; "), evidence: evidence)
    }

    private func faults(of response: HTTPResponse) -> [String] {
        var faults: [String] = []
        if response.status != status { faults.append("status \(response.status) instead of \(status)") }
        for text in contains where !response.text.contains(text) { faults.append("the body does not hold '\(text)'") }
        guard !json.isEmpty else { return faults }
        guard let value = try? JSONValue(parsing: response.body) else {
            return faults + ["the body is not JSON"]
        }
        for (path, expected) in json.sorted(by: { $0.key < $1.key }) {
            // A value that is no JSON text is meant as a string: `state: ready`.
            let wanted = (try? JSONValue(parsing: Array(expected.utf8))) ?? .string(expected)
            guard let found = value.value(at: path) else {
                faults.append("the JSON has no '\(path)'")
                continue
            }
            if !found.matches(wanted) { faults.append("'\(path)' is \(found.text) instead of \(wanted.text)") }
        }
        return faults
    }

    /// - Parameter session: the cookies of the steps before; nil: there are none.
    func run(in context: CheckContext, session: HTTPSession? = nil, seconds: Double) async throws -> CheckOutcome {
        guard let hostPort = context.machine.ports[port] else {
            return CheckOutcome(failed: "port \(port) is not forwarded", isFinal: true)
        }
        return try await context.retry(for: seconds) { left in
            do {
                return try await outcome(
                    in: context, session: session ?? HTTPSession(), hostPort: hostPort, limit: left)
            } catch let error as GuestUnreachable {
                return CheckOutcome(failed: error.reason)
            } catch let error as HostError {
                return CheckOutcome(failed: "no answer from port \(port): \(error.message)")
            }
        }
    }
}

extension JSONValue {
    /// Equality where `1` and `1.0` are the same number.
    func matches(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.integer(let whole), .number(let number)), (.number(let number), .integer(let whole)):
            Double(whole) == number
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.matches($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { right[$0.key].map($0.value.matches) ?? false }
        default: self == other
        }
    }
}
