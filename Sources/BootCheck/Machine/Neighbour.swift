import FileTrees
import HostSystem
import Synchronization

/// Another machine on the guest's network, 10.0.2.100: what comes to one of its UDP ports on this machine's loopback
/// address goes to the guest, and what the guest answers comes back.
///
/// QEMU's user networking, told to let the guest reach nothing (`restrict=on`), drops each datagram of the guest, the
/// answers to forwarded ones too (`udp_input` of libslirp). TCP is not concerned. So datagrams go over a hub:
///
///     check ── UDP 127.0.0.1 ── Neighbour ── Ethernet frames, Unix datagrams ── hub ── the guest's card
///                                                     user networking (DHCP, TCP) ──┘
final class Neighbour: Sendable {
    static let address: [UInt8] = [10, 0, 2, 100]
    /// What user networking's DHCP gives the guest, and where forwarded TCP connections go.
    static let guestAddress: [UInt8] = [10, 0, 2, 15]

    /// The guest's port to ours.
    let ports: [Int: Int]
    private let sockets: [Int: DatagramSocket]
    private let wire: DatagramSocket
    private let way: Wire

    /// Binds its end of the wire and a port for each of the guest's; QEMU may start then.
    ///
    /// - Throws: `HostError`.
    init(folder: String, guestPorts: [Int]) throws(HostError) {
        let way = Wire(folder: folder)
        var sockets: [Int: DatagramSocket] = [:]
        for guestPort in guestPorts {
            // A check's own port is the neighbour's port too: the answer's way back needs no table.
            sockets[guestPort] = try DatagramSocket.loopback { bytes, port in
                guard bytes.count <= UDPDatagram.longestPayload else { return }
                way.send(
                    UDPDatagram(
                        source: Self.address, sourcePort: port, destination: Self.guestAddress,
                        destinationPort: guestPort, payload: bytes
                    ).frame(from: .neighbour, to: .guest))
            }
        }
        self.sockets = sockets
        ports = sockets.mapValues(\.port)
        self.wire = try DatagramSocket.unix(folder: folder, name: MachineSettings.File.neighbour) { [sockets] frame in
            if let answer = AddressResolution.answer(to: frame, of: Self.address, at: .neighbour) {
                way.send(answer)
            } else if let datagram = UDPDatagram(frame: frame), datagram.destination == Self.address {
                sockets[datagram.sourcePort]?.send(datagram.payload, toPort: datagram.destinationPort)
            }
        }
        way.use(wire)
        self.way = way
    }

    func close() {
        way.close()
        wire.close()
        for socket in sockets.values { socket.close() }
    }

    /// The way to QEMU, known to the sockets before it is open.
    private final class Wire: Sendable {
        private let folder: String
        private let socket = Mutex<DatagramSocket?>(nil)

        init(folder: String) {
            self.folder = folder
        }

        /// It and the socket hold one another.
        func close() { socket.withLock { $0 = nil } }

        func use(_ wire: DatagramSocket) { socket.withLock { $0 = wire } }

        func send(_ frame: [UInt8]) {
            socket.withLock { $0 }?.send(frame, folder: folder, name: MachineSettings.File.hub)
        }
    }
}
