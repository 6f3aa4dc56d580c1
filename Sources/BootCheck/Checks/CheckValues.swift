import ApplianceSpec
import HostSystem

extension CheckContext {
    /// The value as a client is given it, its parameters replaced by what they are in this instance.
    ///
    /// - Throws: `GuestUnreachable` when a parameter's value is not known; `CancellationError`.
    func json(of value: CheckValue, limit: Double) async throws -> JSONValue {
        switch value {
        case .text(let text): return .string(text)
        case .flag(let flag): return .bool(flag)
        case .list(let values):
            var items: [JSONValue] = []
            for value in values { items.append(try await json(of: value, limit: limit)) }
            return .array(items)
        case .map(let members):
            var object: [String: JSONValue] = [:]
            for (key, value) in members { object[key] = try await json(of: value, limit: limit) }
            return .object(object)
        case .parameter(let name): return .string(try await parameter(name, limit: limit))
        }
    }

    /// What the boot was given, else what the guest says: it may have made the value itself.
    private func parameter(_ name: String, limit: Double) async throws -> String {
        if let value = parameters[name] { return value }
        guard let door else { throw GuestUnreachable(reason: "the value of the parameter '\(name)' is not known") }
        let shell = try await door.open(limit: limit)
        let result = try await shell.run("stonebake-firstboot --value \(Command.quoted(name))", limit: limit)
        guard result.status == 0 else {
            throw GuestUnreachable(
                reason: "the guest does not tell the parameter '\(name)': "
                    + (result.lines.last ?? "status \(result.status)"))
        }
        return result.output.last == "\n" ? String(result.output.dropLast()) : result.output
    }
}
