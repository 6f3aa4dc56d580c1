import Foundation
import Synchronization
import Testing

@testable import BootCheck
@testable import HostSystem

/// The neighbour on the guest's network: frames, byte by byte, and datagrams there and back.
@Suite struct NeighbourTests {
    private static let datagram = UDPDatagram(
        source: [10, 0, 2, 100], sourcePort: 40000, destination: [10, 0, 2, 15], destinationPort: 3478,
        payload: Array("hello".utf8))

    /// Both sums were also made with Python, by RFC 1071.
    @Test func `a datagram's frame is what other programs make of it`() {
        let frame = Self.datagram.frame(from: .neighbour, to: .guest)
        let text = frame.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
        #expect(
            text == "525400123456" + "52550a000264" + "0800" + "45000021" + "00004000" + "4011" + "225a" + "0a000264"
                + "0a00020f" + "9c400d96" + "000d" + "f9b8" + "68656c6c6f")
        #expect(UDPDatagram(frame: frame) == Self.datagram)
    }

    @Test func `fragments, other protocols and cut frames are no datagrams`() {
        let frame = Self.datagram.frame(from: .neighbour, to: .guest)
        for (offset, value) in [(12, 0x86), (14, 0x65), (20, 0x20), (23, 0x06), (17, 0xff), (39, 0xff)] {
            var broken = frame
            broken[offset] = UInt8(value)
            #expect(UDPDatagram(frame: broken) == nil, "byte \(offset)")
        }
        for length in 0..<frame.count { #expect(UDPDatagram(frame: Array(frame[..<length])) == nil) }
    }

    @Test func `a question for our address gets an answer, others none`() {
        let question: [UInt8] =
            [255, 255, 255, 255, 255, 255] + EthernetAddress.guest.bytes + [8, 6, 0, 1, 8, 0, 6, 4, 0, 1]
            + EthernetAddress.guest.bytes + [10, 0, 2, 15] + [0, 0, 0, 0, 0, 0] + [10, 0, 2, 100]
        let answer = AddressResolution.answer(to: question, of: [10, 0, 2, 100], at: .neighbour)
        #expect(
            answer == EthernetAddress.guest.bytes + EthernetAddress.neighbour.bytes + [8, 6, 0, 1, 8, 0, 6, 4, 0, 2]
                + EthernetAddress.neighbour.bytes + [10, 0, 2, 100] + EthernetAddress.guest.bytes + [10, 0, 2, 15])
        #expect(AddressResolution.answer(to: question, of: [10, 0, 2, 2], at: .neighbour) == nil)
    }

    @Test(.timeLimit(.minutes(1))) func `a datagram goes to the guest and its answer comes back`() async throws {
        let folder = try TemporaryFolder()
        let (frames, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        // In QEMU's place.
        let hub = try DatagramSocket.unix(folder: folder.path, name: MachineSettings.File.hub) {
            continuation.yield($0)
        }
        defer { hub.close() }
        let neighbour = try Neighbour(folder: folder.path, guestPorts: [3478])
        defer { neighbour.close() }
        let (answers, received) = AsyncStream.makeStream(of: [UInt8].self)
        let client = try DatagramSocket.loopback { bytes, _ in received.yield(bytes) }
        defer { client.close() }
        client.send(Array("ping".utf8), toPort: try #require(neighbour.ports[3478]))
        var iterator = frames.makeAsyncIterator()
        let frame = try #require(await iterator.next())
        let datagram = try #require(UDPDatagram(frame: frame))
        #expect(datagram.destinationPort == 3478 && datagram.sourcePort == client.port)
        #expect(datagram.payload == Array("ping".utf8))
        let answer = UDPDatagram(
            source: datagram.destination, sourcePort: 3478, destination: datagram.source,
            destinationPort: datagram.sourcePort, payload: Array("pong".utf8))
        hub.send(
            answer.frame(from: .guest, to: .neighbour), folder: folder.path, name: MachineSettings.File.neighbour)
        var replies = answers.makeAsyncIterator()
        #expect(await replies.next() == Array("pong".utf8))
    }
}
