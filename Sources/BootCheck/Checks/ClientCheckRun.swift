import ApplianceSpec
import HostSystem

extension ClientCheck {
    func request(hostPort: Int, settings: JSONValue, limit: Double) -> ClientProcess.Request {
        ClientProcess.Request(
            client: client.rawValue, port: hostPort, transport: transport.rawValue, connection: connection,
            goesOn: isContinuation, settings: settings, limit: limit)
    }
}

extension UDPCheck {
    func request(hostPort: Int, limit: Double) -> ClientProcess.Request {
        var settings: [String: JSONValue] = ["send": .string(send)]
        settings["expect"] = expect.map { .string($0) }
        return ClientProcess.Request(
            client: "udp", port: hostPort, transport: "udp", settings: .object(settings), limit: limit)
    }
}
