package import Diagnostics

/// Something that must be true of the booted appliance.
package struct Check: Sendable {
    package enum Kind: Sendable {
        case http(HTTPCheck)
        case tcp(TCPCheck)
        case command(CommandCheck)
        case unit(UnitCheck)
        case bootTime(BootTimeCheck)
        case udp(UDPCheck)
        /// AMQP, STOMP, MQTT, WebSocket, STUN, TURN.
        case client(ClientCheck)
        /// The machine restarts: a step of several.
        case reboot
        /// One after the other; all have to pass.
        case steps([Step])
    }

    /// One of several that are taken in order.
    package struct Step: Sendable {
        /// What messages call it: `publish over amqp`.
        package var name: String
        /// Not `steps`, and not `bootTime`.
        package var kind: Kind

        package init(name: String, kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// What reports call it; unique within the appliance: `GET /`.
    package var name: String
    package var kind: Kind
    /// Seconds that the check may take, waiting for the service included.
    package var timeout: Double
    package var range: SourceRange?
}

extension Check {
    /// What must hold of every machine, also of an image that no spec is known of.
    package static let noFailedUnits = Check(
        name: "no failed unit", kind: .unit(UnitCheck(unit: nil, state: "active")), timeout: 120, range: nil)
}

package struct HTTPCheck: Sendable {
    package var method: String
    /// The guest's port.
    package var port: Int
    package var path: String
    package var headers: [String: String]
    package var body: String?
    package var status: Int
    /// Texts that the body must hold.
    package var contains: [String]
    /// Members that the body, parsed as JSON, must have: a dotted path and the value as JSON text.
    package var json: [String: String]
    /// HTTPS; the certificate is not judged.
    package var tls = false
    /// For basic authentication.
    package var user: String?
    package var password: CheckValue?
    /// The fields of the page's form that are filled in; empty: the request is sent as it is.
    package var form: [String: CheckValue] = [:]
}

package struct TCPCheck: Sendable {
    package var port: Int
    /// Sent once connected.
    package var send: String?
    /// What must come back.
    package var expect: String?
}

package struct CommandCheck: Sendable {
    /// Run by /bin/sh in the guest, as root.
    package var run: String
    package var status: Int
    package var contains: [String]
}

package struct UnitCheck: Sendable {
    /// The unit that must be in `state`; nil: no unit at all may have failed.
    package var unit: String?
    /// `active`, `inactive`, …
    package var state: String
}

package struct BootTimeCheck: Sendable {
    /// The most that kernel, initramfs and userspace together may take, in seconds, by systemd-analyze.
    package var atMost: Double
}
