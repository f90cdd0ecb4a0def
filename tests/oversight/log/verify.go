// Verifies a log with golang.org/x/mod alone, which shares no line with ours.
//
//	verify FOLDER KEY SIZE ROOT: SIZE and ROOT (base64) are of an older checkpoint.
package main

import (
	"encoding/binary"
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(tile.Path(), "tile/8/", "tile/", 1)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

// entries reads the bundle in which an entry is, whose names are those of the tiles of its hashes.
func (f folder) entries(number, size int64) [][]byte {
	width := 1 << height
	if index := number >> height; index == size>>height {
		width = int(size - index<<height)
	}
	tile := tlog.Tile{H: height, L: 0, N: number >> height, W: width}
	data, err := os.ReadFile(filepath.Join(string(f), strings.Replace(tile.Path(), "tile/8/0/", "tile/entries/", 1)))
	must(err)
	var found [][]byte
	for len(data) > 0 {
		end := 2 + int(binary.BigEndian.Uint16(data))
		found, data = append(found, data[2:end]), data[end:]
	}
	return found
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func hash(text string) (found tlog.Hash) {
	data, err := base64.StdEncoding.DecodeString(text)
	must(err)
	copy(found[:], data)
	return found
}

func main() {
	place, old, oldRoot := folder(os.Args[1]), os.Args[3], hash(os.Args[4])
	verifier, err := note.NewVerifier(os.Args[2])
	must(err)
	data, err := os.ReadFile(filepath.Join(string(place), "checkpoint"))
	must(err)
	opened, err := note.Open(data, note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	tree := tlog.Tree{N: size, Hash: hash(lines[2])}
	oldSize, err := strconv.ParseInt(old, 10, 64)
	must(err)

	reader := tlog.TileHashReader(tree, place)
	proof, err := tlog.ProveTree(size, oldSize, reader)
	must(err)
	must(tlog.CheckTree(proof, size, tree.Hash, oldSize, oldRoot))
	step := size/257 + 1
	for number := int64(0); number < size; number += step {
		records := place.entries(number, size)
		record := tlog.RecordHash(records[number&(1<<height-1)])
		proof, err := tlog.ProveRecord(size, number, reader)
		must(err)
		must(tlog.CheckRecord(proof, size, tree.Hash, number, record))
	}
	fmt.Println(lines[0], size)
}
