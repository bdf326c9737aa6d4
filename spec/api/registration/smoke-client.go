// Registers a server by code that was generated of registration.proto: `smoke TARGET CA TOKEN`.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	pb "registrationv1"
)

// Debian's gRPC is built with an older protobuf than its generators write for.
type codec struct{}

func (codec) Name() string                              { return "proto" }
func (codec) Marshal(value interface{}) ([]byte, error) { return proto.Marshal(value.(proto.Message)) }
func (codec) Unmarshal(data []byte, value interface{}) error {
	return proto.Unmarshal(data, value.(proto.Message))
}

func main() {
	target, ca, token := os.Args[1], os.Args[2], os.Args[3]
	tls, err := credentials.NewClientTLSFromFile(ca, "")
	check(err)
	connection, err := grpc.Dial(target, grpc.WithTransportCredentials(tls), grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	check(err)
	defer connection.Close()
	client := pb.NewRegistrationClient(connection)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request := &pb.RegisterRequest{
		SystemUuid:   "4C4C4544-0000-4010-8000-B1C04F4B4232",
		SerialNumber: "GO1",
		MemoryMb:     1 << 40,
		Ports: []*pb.Port{{
			Name: "eno1", Mac: "52:54:00:00:00:02", Carrier: true, Optic: pb.Optic_OPTIC_NONE,
			Lldp: []*pb.LldpTlv{{Type: 1, Value: []byte("\x04\x52\x54\x00\x00\x00\x01")}, {Type: 2, Value: []byte("\x05Eth8")}},
		}},
		Bmc: &pb.Bmc{Address: "0.0.0.0"},
	}
	bearer := metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)
	reply, err := client.Register(bearer, request)
	check(err)
	verdict, err := client.Report(ctx, &pb.ReportRequest{
		RegistrationUuid: reply.RegistrationUuid, Secret: reply.Secret, Step: "report", Outcome: pb.Outcome_OUTCOME_DONE,
	})
	check(err)
	var trailer metadata.MD
	_, err = client.Register(ctx, request, grpc.Trailer(&trailer))
	told, _ := json.Marshal(map[string]interface{}{
		"action":  reply.Action.String(),
		"address": reply.Bmc.Address,
		"verdict": verdict.Action.String(),
		"refused": []string{status.Code(err).String(), trailer.Get("kurogane-error")[0]},
	})
	fmt.Println(string(told))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
