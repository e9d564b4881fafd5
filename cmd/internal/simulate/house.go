package simulate

import (
	"context"
	"net/http"
)

// OpenHouse writes the venue's page, a welcome and booking rules, unless the
// booking system has a page already: a first start is not empty, and what
// somebody wrote stays.
func (s *Service) OpenHouse(ctx context.Context) error {
	var written struct {
		Versions []struct{} `json:"versions"`
	}
	base := s.Ticketing + "/internal/v1"
	if err := s.call(ctx, http.MethodGet, base+"/venue/history?limit=1", s.TicketingKey, nil, &written); err != nil {
		return err
	}
	if len(written.Versions) > 0 {
		return nil
	}
	for _, text := range []map[string]any{
		{
			"kind": "notice", "pinned": true, "title_zh": "欢迎预约参观", "title_en": "Welcome",
			"body_zh": "参观需实名预约，请携带预约时登记的证件原件入馆。",
			"body_en": "Visits are booked by name. Please bring the document that you booked with.",
		},
		{
			"kind": "rules", "title_zh": "预约须知", "title_en": "Booking rules",
			"body_zh": "- 每人每日限预约一次，一人一票，凭证件入馆。\n- 如不能到场，请提前取消，把名额留给他人。\n- 禁止倒卖门票；异常预约可能被收回，可以申诉。",
			"body_en": "- One visit a day for each person; one ticket each, used with the document.\n" +
				"- If you cannot come, please cancel in time and leave the place to others.\n" +
				"- Tickets are not for resale. Unusual bookings may be withdrawn, which can be appealed.",
		},
	} {
		var draft struct {
			ID string `json:"id"`
		}
		if err := s.call(ctx, http.MethodPost, base+"/announcements", s.TicketingKey, text, &draft); err != nil {
			return err
		}
		if err := s.call(ctx, http.MethodPost, base+"/announcements/"+draft.ID+"/publish", s.TicketingKey, nil, nil); err != nil {
			return err
		}
	}
	// The page comes last: whoever fails half-way begins anew.
	return s.call(ctx, http.MethodPut, base+"/venue", s.TicketingKey, map[string]any{
		"name_zh": "示例博物馆", "name_en": "Example Museum", "time_zone": "Asia/Shanghai",
		"opening_hours": []map[string]any{{
			"weekdays": []string{"tue", "wed", "thu", "fri", "sat", "sun"}, "open": "09:00", "close": "17:00", "last_entry": "16:00",
		}},
	}, nil)
}
