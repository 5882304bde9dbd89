package main

import (
	"io"
	"sync"
)

// sender is one of the two outputs of a process as messages of a gRPC stream.
type sender struct {
	stream *sync.Mutex
	send   func([]byte) error
}

// Write sends p as one message.
func (s *sender) Write(p []byte) (int, error) {
	s.stream.Lock()
	defer s.stream.Unlock()
	if err := s.send(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// writers share one lock, because a gRPC stream must not be used by two senders at a time and the two outputs of a
// process are copied by two goroutines. rpcutil.MakeRunPluginStreams of the SDK lacks it.
func writers(sendStdout, sendStderr func([]byte) error) (stdout, stderr io.Writer) {
	lock := &sync.Mutex{}
	return &sender{lock, sendStdout}, &sender{lock, sendStderr}
}
