import Testing

@testable import Faultline

@Suite struct VMATreeTests {
    private func withTree(_ body: (inout VMATree<UInt64>) -> Void) {
        let pool = NodePool(blockBytes: VMATreeNode.blockBytes)
        var tree = VMATree<UInt64>(nodes: pool.reference)
        body(&tree)
        #expect(tree.checkInvariants() == nil)
        tree.destroy()
        #expect(pool.liveCount == 0)
    }

    @Test func anEmptyTreeFindsNothingAndIsAllGap() {
        withTree { tree in
            #expect(tree.find(0) == nil)
            #expect(tree.findFirst(endingAfter: 0) == nil)
            #expect(tree.previous(before: .max) == nil)
            #expect(tree.remove(start: 5) == nil)
            #expect(tree.highestGap(length: 10, low: 100, high: 200) == 190)
            #expect(tree.lowestGap(length: 10, low: 100, high: 200) == 100)
            #expect(tree.highestGap(length: 101, low: 100, high: 200) == nil)
            #expect(tree.lowestGap(length: 101, low: 100, high: 200) == nil)
            #expect(tree.checkInvariants() == nil)
        }
    }

    @Test func lookupsAnswerAtTheEdgesOfRanges() {
        withTree { tree in
            tree.insert(start: 10, end: 20, payload: 1)
            tree.insert(start: 20, end: 30, payload: 2)
            tree.insert(start: 40, end: 50, payload: 3)
            #expect(tree.find(9) == nil)
            #expect(tree.find(10) == 1)
            #expect(tree.find(19) == 1)
            #expect(tree.find(20) == 2)
            #expect(tree.find(30) == nil)
            #expect(tree.findFirst(endingAfter: 30) == 3)
            #expect(tree.findFirst(endingAfter: 49) == 3)
            #expect(tree.findFirst(endingAfter: 50) == nil)
            #expect(tree.previous(before: 10) == nil)
            #expect(tree.previous(before: 11) == 1)
            #expect(tree.previous(before: 20) == 1)
            #expect(tree.previous(before: .max) == 3)
            #expect(tree.isFree(30, 40))
            #expect(!tree.isFree(29, 40))
            #expect(!tree.isFree(30, 41))
        }
    }

    @Test func gapsAreClippedByTheBounds() {
        withTree { tree in
            tree.insert(start: 100, end: 200, payload: 1)
            tree.insert(start: 300, end: 400, payload: 2)
            #expect(tree.highestGap(length: 100, low: 0, high: 400) == 200)
            #expect(tree.highestGap(length: 100, low: 201, high: 400) == nil)
            #expect(tree.highestGap(length: 100, low: 0, high: 299) == 0)
            #expect(tree.highestGap(length: 50, low: 0, high: 280) == 230)
            #expect(tree.highestGap(length: 50, low: 0, high: 500) == 450)
            #expect(tree.lowestGap(length: 100, low: 0, high: 400) == 0)
            #expect(tree.lowestGap(length: 100, low: 1, high: 400) == 200)
            #expect(tree.lowestGap(length: 100, low: 1, high: 299) == nil)
            #expect(tree.lowestGap(length: 101, low: 1, high: 1000) == 400)
            #expect(tree.lowestGap(length: 60, low: 150, high: 1000) == 200)
        }
    }

    @Test func aRangeGrowsAndShrinksInPlace() {
        withTree { tree in
            for index in 0..<100 as Range<UInt64> {
                tree.insert(start: index * 100, end: index * 100 + 50, payload: index)
            }
            for index in 0..<100 as Range<UInt64> {
                tree.updateRange(oldStart: index * 100, newStart: index * 100 + 10, newEnd: index * 100 + 100)
            }
            #expect(tree.checkInvariants() == nil)
            #expect(tree.highestGap(length: 11, low: 0, high: 9900) == nil)
            #expect(tree.highestGap(length: 10, low: 0, high: 9905) == 9800)
            #expect(tree.find(9805) == nil)
            #expect(tree.find(9810) == 98)
        }
    }

    @Test func aCursorRunsBothWays() {
        withTree { tree in
            var empty = tree.cursor()
            #expect(!empty.isAtRange && empty.next() == nil)
            for index in 0..<1000 as Range<UInt64> { tree.append(start: index * 2, end: index * 2 + 1, payload: index) }
            var cursor = tree.cursor(endingAfter: 500)
            #expect(cursor.payload == 250)
            cursor.moveDown()
            #expect(cursor.payload == 249)
            cursor.payload = 7
            #expect(tree.find(498) == 7)
            for _ in 0..<249 { cursor.moveDown() }
            #expect(cursor.start == 0 && cursor.end == 1)
            cursor.moveDown()
            #expect(!cursor.isAtRange)
            cursor.moveUp()
            var count = 0
            while cursor.next() != nil { count += 1 }
            #expect(count == 1000 && !cursor.isAtRange)
            cursor.moveDown()
            #expect(cursor.payload == 999)
        }
    }

    @Test func sequentialFillingPacksTheLeaves() {
        let pool = NodePool(blockBytes: VMATreeNode.blockBytes)
        for upwards in [true, false] {
            var tree = VMATree<UInt64>(nodes: pool.reference)
            tree.insert(start: 0, end: 1, payload: 0)
            tree.insert(start: 1 << 40, end: 1 << 40 + 1, payload: 0)
            for step in 1...4800 as ClosedRange<UInt64> {
                let start = upwards ? step * 4 : 1 << 40 - step * 4
                tree.insert(start: start, end: start + 3, payload: step)
            }
            #expect(tree.checkInvariants() == nil)
            #expect(pool.liveCount < 4800 / VMATreeNode.leafCapacity * 5 / 4, "upwards \(upwards): \(pool.liveCount)")
            tree.destroy()
        }
    }
}
