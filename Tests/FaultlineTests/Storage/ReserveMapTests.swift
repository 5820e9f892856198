import Testing

@testable import Faultline

@Suite("Maps of reservations")
struct ReserveMapTests {
    @Test("ranges are counted, added and removed")
    func ranges() {
        var map = ReserveMap()
        #expect(map.add(2..<4) == 2)
        #expect(map.add(6..<8) == 2)
        #expect(map.missing(in: 0..<10) == 6)
        #expect(map.add(3..<7) == 2)
        #expect(map.regions == [2..<8])
        #expect(map.remove(4..<5) == 1)
        #expect(map.regions == [2..<4, 5..<8])
        #expect(!map.contains(4) && map.contains(5))
        #expect(map.remove(0..<ReserveMap.end) == 5)
        #expect(map.regions.isEmpty)
        #expect(map.checkInvariants() == nil)
    }

    @Test("it says the same as a set of places", arguments: 0..<20)
    func random(_ seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var map = ReserveMap()
        var places: Set<UInt64> = []
        for _ in 0..<200 {
            let low = random.next() % 30
            let range = low..<low + 1 + random.next() % 6
            let before = places
            if random.next() % 2 == 0 {
                places.formUnion(range)
                #expect(map.add(range) == UInt64(places.count - before.count))
            } else {
                places.subtract(range)
                #expect(map.remove(range) == UInt64(before.count - places.count))
            }
            #expect(map.count(in: 0..<40) == UInt64(places.count))
            #expect(map.checkInvariants() == nil)
        }
    }
}
