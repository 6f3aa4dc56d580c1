/// The six bytes of a card's address.
struct EthernetAddress: Equatable, CustomStringConvertible {
    var bytes: [UInt8]

    /// The guest's card; QEMU's own choice, written down.
    static let guest = EthernetAddress(bytes: [0x52, 0x54, 0x00, 0x12, 0x34, 0x56])
    /// The neighbour's.
    static let neighbour = EthernetAddress(bytes: [0x52, 0x55, 0x0a, 0x00, 0x02, 0x64])

    var description: String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined(separator: ":")
    }
}

/// A UDP datagram in IPv4 (RFC 791, RFC 768) as it lies in an Ethernet frame.
struct UDPDatagram: Equatable {
    var source: [UInt8]
    var sourcePort: Int
    var destination: [UInt8]
    var destinationPort: Int
    var payload: [UInt8]

    private static let headerLength = 20
    private static let udp: UInt8 = 17

    /// The most that one frame of 1,500 bytes holds.
    static let longestPayload = 1500 - headerLength - 8

    init(source: [UInt8], sourcePort: Int, destination: [UInt8], destinationPort: Int, payload: [UInt8]) {
        self.source = source
        self.sourcePort = sourcePort
        self.destination = destination
        self.destinationPort = destinationPort
        self.payload = payload
    }

    /// What a frame holds; nil for anything but a whole UDP datagram: fragments, other protocols.
    init?(frame: [UInt8]) {
        guard frame.count >= 14 + Self.headerLength + 8, frame[12] == 0x08, frame[13] == 0x00 else { return nil }
        let packet = Array(frame[14...])
        let header = Int(packet[0] & 0x0f) * 4
        let total = packet.number(at: 2)
        let isFragment = packet.number(at: 6) & 0x3fff != 0
        guard packet[0] >> 4 == 4, header >= Self.headerLength, packet[9] == Self.udp, !isFragment,
            total <= packet.count, total >= header + 8
        else { return nil }
        let datagram = Array(packet[header..<total])
        let length = datagram.number(at: 4)
        guard length >= 8, length <= datagram.count else { return nil }
        self.init(
            source: Array(packet[12..<16]), sourcePort: datagram.number(at: 0), destination: Array(packet[16..<20]),
            destinationPort: datagram.number(at: 2), payload: Array(datagram[8..<length]))
    }

    /// The frame that carries it.
    func frame(from sender: EthernetAddress, to receiver: EthernetAddress) -> [UInt8] {
        let length = 8 + payload.count
        var datagram = Self.pair(sourcePort) + Self.pair(destinationPort) + Self.pair(length) + [0, 0] + payload
        let pseudoHeader = source + destination + [0, Self.udp] + Self.pair(length)
        // 0 would mean that there is none.
        let sum = Self.checksum(pseudoHeader + datagram)
        datagram.replaceSubrange(6..<8, with: Self.pair(sum == 0 ? 0xffff : sum))
        // Version 4, five words; do not fragment; 64 hops.
        var header: [UInt8] = [0x45, 0] + Self.pair(Self.headerLength + length) + [0, 0, 0x40, 0, 64, Self.udp, 0, 0]
        header += source + destination
        header.replaceSubrange(10..<12, with: Self.pair(Self.checksum(header)))
        return receiver.bytes + sender.bytes + [0x08, 0x00] + header + datagram
    }

    private static func pair(_ number: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    /// The ones' complement of the ones' complement sum (RFC 1071).
    static func checksum(_ bytes: [UInt8]) -> Int {
        var sum = 0
        for index in stride(from: 0, to: bytes.count, by: 2) {
            sum += Int(bytes[index]) << 8 + (index + 1 < bytes.count ? Int(bytes[index + 1]) : 0)
        }
        while sum > 0xffff { sum = sum & 0xffff + sum >> 16 }
        return ~sum & 0xffff
    }
}

/// Who has an address: ARP over Ethernet for IPv4 (RFC 826).
enum AddressResolution {
    private static let head: [UInt8] = [0, 1, 8, 0, 6, 4]

    /// The answer to a question for `address`; nil for every other frame.
    static func answer(to frame: [UInt8], of address: [UInt8], at card: EthernetAddress) -> [UInt8]? {
        guard frame.count >= 42, frame[12] == 0x08, frame[13] == 0x06, Array(frame[14..<20]) == head,
            frame.number(at: 20) == 1, Array(frame[38..<42]) == address
        else { return nil }
        let asker = Array(frame[22..<32])
        let answer = head + [0, 2] + card.bytes + address + asker
        return asker[..<6] + card.bytes + [0x08, 0x06] + answer
    }
}

extension [UInt8] {
    /// Two bytes in network order.
    fileprivate func number(at index: Int) -> Int { Int(self[index]) << 8 | Int(self[index + 1]) }
}
